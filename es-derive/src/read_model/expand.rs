//! The code of `#[derive(ReadModel)]`.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned as _;

use super::model::{Column, Model};
use crate::paths;

/// ```text
/// #[derive(ReadModel)]                     impl ::es_core::ReadModel for Balance {
/// #[read_model(table = "balances")]            type Key = Uuid;
/// struct Balance {                      =>     const TABLE: &'static Table = &Table::new(
///     #[read_model(id)] account: Uuid,             "balances", "account", &[Column::of::<Uuid>("account"), …]);
///     …                                            fn key(&self) -> Uuid { self.account.clone() }
/// }                                        }
/// ```
pub(crate) fn expand(model: &Model) -> TokenStream {
    let Model { ident, table, key, columns } = model;
    let span = ident.span();
    let es_core = paths::es_core(span);
    let (key_name, key_field, key_type) = (key.name(), &key.field, &key.ty);
    let columns = columns.iter().map(column);
    quote_spanned! {span=>
        #[automatically_derived]
        impl #es_core::ReadModel for #ident {
            type Key = #key_type;
            const TABLE: &'static #es_core::Table =
                &#es_core::Table::new(#table, #key_name, &[#(#columns),*]);
            fn key(&self) -> #key_type {
                ::core::clone::Clone::clone(&self.#key_field)
            }
        }
    }
}

/// Spanned at the field's type, so that a type no column can hold is reported there.
fn column(column: &Column) -> TokenStream {
    let (name, ty) = (column.name(), &column.ty);
    let span = ty.span();
    let es_core = paths::es_core(span);
    quote_spanned!(span=> #es_core::Column::of::<#ty>(#name))
}
