//! From a valid id to its impls.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{DeriveInput, Member};

use super::model::{Draft, OnlyField};
use crate::span;

/// ```text
/// #[aggregate_id(category = "account")] struct AccountId(Uuid);
/// =>
/// const _: () = {
///     const FIELD: IdField<Uuid> = IdField::UUID;
///     ::es_core::__private::aggregate_id!(
///         AccountId ["account"] id => AccountId((FIELD.wrap)(id)), id => (FIELD.unwrap)(&id.0)
///     );
/// };
/// ```
pub(crate) fn expand(draft: &Draft, OnlyField { member, ty }: &OnlyField<'_>) -> TokenStream {
    let Draft { item: DeriveInput { ident, vis, .. }, paths, category } = draft;
    let (here, there) = (ident.span(), span::of_type(ty));
    let wrap = match member {
        Member::Named(name) => quote_spanned!(here=> #ident { #name: (FIELD.wrap)(id) }),
        Member::Unnamed(_) => quote_spanned!(here=> #ident((FIELD.wrap)(id))),
    };
    let unwrap = quote_spanned!(here=> (FIELD.unwrap)(&id.#member));
    let field = {
        let private = paths.private(there);
        quote_spanned!(there=> const FIELD: #private::IdField<#ty> = #private::IdField::UUID;)
    };
    let private = paths.private(here);
    quote_spanned! {here=>
        const _: () = {
            #field
            #private::aggregate_id!(#vis #ident [#category] id => #wrap, id => #unwrap);
        };
    }
}
