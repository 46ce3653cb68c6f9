//! From a valid id to its impls.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::model::{Draft, OnlyField};
use crate::span;

/// ```text
/// #[aggregate_id(category = "account")] struct AccountId(Uuid);
/// =>
/// const _: () = {
///     const FIELD: IdField<Uuid> = IdField::UUID;
///     fn wrap(id: Uuid) -> AccountId { AccountId { 0: (FIELD.wrap)(id) } }
///     fn unwrap(id: &AccountId) -> Uuid { (FIELD.unwrap)(&id.0) }
///     ::es_core::__private::aggregate_id!(AccountId, Some("account"), wrap, unwrap);
///     impl AccountId { pub fn from_name(name: &str) -> Self { … } }
/// };
/// ```
pub(crate) fn expand(draft: &Draft, field: &OnlyField<'_>) -> TokenStream {
    let (ours, there) = (Span::mixed_site(), span::of_type(field.ty));
    let (private, ident, OnlyField { member, ty }) =
        (draft.paths.private(there), &draft.item.ident, field);
    let wrap = quote_spanned!(ours=> #ident { #member: (FIELD.wrap)(id) });
    let unwrap = quote_spanned!(ours=> (FIELD.unwrap)(&id.#member));
    let field =
        quote_spanned!(there=> const FIELD: #private::IdField<#ty> = #private::IdField::UUID;);
    impls(draft, &field, &wrap, &unwrap)
}

/// The impls, with what turns a UUID `id` into the type and back.
pub(crate) fn impls(
    draft: &Draft,
    field: &TokenStream,
    wrap: &TokenStream,
    unwrap: &TokenStream,
) -> TokenStream {
    let (here, ident, vis) = (draft.item.ident.span(), &draft.item.ident, &draft.item.vis);
    let private = draft.paths.private(here);
    let category = draft.category.as_ref();
    let constant = category.map_or_else(
        || quote_spanned!(here=> #private::None),
        |category| quote_spanned!(here=> #private::Some(#category)),
    );
    let from_name = category.map(|category| {
        quote_spanned! {here=>
            impl #ident {
                /// The id that belongs to a natural key: always the same for the same key, and another one in every
                /// other category (UUIDv5).
                #[allow(dead_code)]
                #vis fn from_name(name: &::core::primitive::str) -> Self {
                    wrap(#private::uuid_from_name(#category, name))
                }
            }
        }
    });
    // Nothing is wrong in these but by our mistake.
    let conversions = quote_spanned! {Span::mixed_site()=>
        fn wrap(id: #private::Uuid) -> #ident {
            #wrap
        }
        fn unwrap(id: &#ident) -> #private::Uuid {
            #unwrap
        }
    };
    quote_spanned! {here=>
        const _: () = {
            #field
            #conversions
            #private::aggregate_id!(#ident, #constant, wrap, unwrap);
            #from_name
        };
    }
}
