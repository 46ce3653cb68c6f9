//! From a valid read model to its impl.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::ext::IdentExt as _;

use super::model::{Field, ReadModel};
use crate::paths::Paths;
use crate::span;

/// ```text
/// #[read_model(table = "balances")]
/// struct Balance { #[read_model(id)] account: Uuid, #[read_model(json, column = "all_tags")] tags: Vec<String> }
/// =>
/// impl ::es_core::ReadModel for Balance {
///     type Key = Uuid;
///     const TABLE: &'static Table = {
///         use NotOptional as _;
///         &Table::new("balances", "account", &[
///             column("account", |row: &Self| &row.account),
///             Column::json("tags", Nullable::<Vec<String>>::NULLABLE).named("all_tags"),
///         ])
///     };
///     fn key(&self) -> Self::Key { Clone::clone(&self.account) }
/// }
/// ```
pub(crate) fn expand(read_model: &ReadModel<'_>) -> TokenStream {
    let here = read_model.ident.span();
    let ReadModel { ident, paths, table, key, columns } = read_model;
    let (es, private) = (paths.es_core(here), paths.private(here));
    let columns = columns.iter().map(|field| column(paths, field));
    let (key_column, key_field, key_type) = (key.column_name(), &key.ident, &key.ty);
    quote_spanned! {here=>
        #[automatically_derived]
        impl #es::ReadModel for #ident {
            type Key = #key_type;
            const TABLE: &'static #es::Table = {
                #[allow(unused_imports)]
                use #private::NotOptional as _;
                &#es::Table::new(#table, #key_column, &[#(#columns),*])
            };
            fn key(&self) -> Self::Key {
                #private::Clone::clone(&self.#key_field)
            }
        }
    }
}

fn column(paths: &Paths, field: &Field) -> TokenStream {
    let there = span::of_type(&field.ty);
    let (es, private) = (paths.es_core(there), paths.private(there));
    let (mut ident, ty, name) = (field.ident.clone(), &field.ty, field.ident.unraw().to_string());
    ident.set_span(ident.span().located_at(there));
    let named = field.column.iter();
    let column = match field.json {
        None => quote_spanned!(there=> #private::column(#name, |row: &Self| &row.#ident)),
        Some(_) => {
            quote_spanned!(there=> #es::Column::json(#name, #private::Nullable::<#ty>::NULLABLE))
        }
    };
    quote_spanned!(there=> #column #(.named(#named))*)
}
