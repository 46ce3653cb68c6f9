//! From a valid read model to its impl.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::LitStr;
use syn::ext::IdentExt as _;

use super::model::{Field, ReadModel};
use crate::paths::Paths;
use crate::span;

/// ```text
/// #[read_model(table = "balances")] struct Balance { #[read_model(id)] account: Uuid, owner: String }
/// =>
/// impl ::es_core::ReadModel for Balance {
///     type Key = Uuid;
///     const TABLE: &'static Table = &Table::new("balances", "account", &[Column::of::<Uuid>("account"), …]);
///     fn key(&self) -> Self::Key { Clone::clone(&self.account) }
/// }
/// ```
pub(crate) fn expand(read_model: &ReadModel<'_>) -> TokenStream {
    let here = read_model.ident.span();
    let ReadModel { ident, paths, table, key, fields } = read_model;
    let (es, private) = (paths.es_core(here), paths.private(here));
    let columns = fields.iter().map(|field| column(paths, field));
    let (key_column, key_field, key_type) = (column_name(key), &key.ident, &key.ty);
    quote_spanned! {here=>
        #[automatically_derived]
        impl #es::ReadModel for #ident {
            type Key = #key_type;
            const TABLE: &'static #es::Table =
                &#es::Table::new(#table, #key_column, &[#(#columns),*]);
            fn key(&self) -> Self::Key {
                #private::Clone::clone(&self.#key_field)
            }
        }
    }
}

fn column(paths: &Paths, field: &Field) -> TokenStream {
    let there = span::of_type(&field.ty);
    let (es, ty, name) = (paths.es_core(there), &field.ty, column_name(field));
    quote_spanned!(there=> #es::Column::of::<#ty>(#name))
}

fn column_name(field: &Field) -> LitStr {
    LitStr::new(&field.ident.unraw().to_string(), field.ident.span())
}
