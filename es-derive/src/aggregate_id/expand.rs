//! From a valid id to its impls.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Member;

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
    let (here, there, ident) = (draft.item.ident.span(), span::of_type(ty), &draft.item.ident);
    let private = draft.paths.private(there);
    let wrap = match member {
        Member::Named(name) => quote_spanned!(here=> #ident { #name: (FIELD.wrap)(id) }),
        Member::Unnamed(_) => quote_spanned!(here=> #ident((FIELD.wrap)(id))),
    };
    let unwrap = quote_spanned!(here=> (FIELD.unwrap)(&id.#member));
    let field =
        quote_spanned!(there=> const FIELD: #private::IdField<#ty> = #private::IdField::UUID;);
    impls(draft, &field, &wrap, &unwrap)
}

/// The impls, with what turns a UUID `id` into the type and back.
pub(crate) fn impls(
    Draft { item, paths, category }: &Draft,
    field: &TokenStream,
    wrap: &TokenStream,
    unwrap: &TokenStream,
) -> TokenStream {
    let (here, ident, vis) = (item.ident.span(), &item.ident, &item.vis);
    let private = paths.private(here);
    quote_spanned! {here=>
        const _: () = {
            #field
            #private::aggregate_id!(#vis #ident [#category] id => #wrap, id => #unwrap);
        };
    }
}
