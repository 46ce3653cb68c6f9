//! From `of(..)` and `ignores(..)` to the checks that no event was forgotten.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::model::Projection;
use crate::handlers::shown;
use crate::paths::{event_alias, self_alias, source_alias};
use crate::span;

/// ```text
/// #[projection(of(Account), ignores(Audited))]
/// =>
/// type __Source0 = Account;
/// const _: () = ::es_core::__private::assert_covers::<__Self, __Source0>("Accounts", &[…]);
/// const _: () = ::es_core::__private::assert_event::<__Event2>();
/// const _: () = ::es_core::__private::assert_ignored::<__Self>(…);
/// ```
pub(super) fn expand(projection: &Projection<'_>) -> TokenStream {
    let Projection { item, paths, of, handlers, ignores, .. } = projection;
    let this = shown(&item.self_ty);
    let ignored = || (handlers.len()..).zip(*ignores);
    let event = |n: usize, here: Span| {
        let (private, event) = (paths.private(here), event_alias(n, here));
        quote_spanned!(here=> #private::Subscription::<#event>::EVENT)
    };
    let all: Vec<_> = ignored().map(|(n, ty)| event(n, span::of_type(ty))).collect();
    let sources = of.iter().enumerate().map(|(n, aggregate)| {
        let here = span::of_type(aggregate);
        let (private, source, itself) =
            (paths.private(here), source_alias(n, here), self_alias(here));
        quote_spanned! {here=>
            type #source = #aggregate;
            const _: () = #private::assert_covers::<#itself, #source>(#this, &[#(#all),*]);
        }
    });
    let ignored = ignored().map(|(n, ty)| {
        let here = span::of_type(ty);
        let (private, itself) = (paths.private(here), self_alias(here));
        let (alias, event) = (event_alias(n, here), event(n, here));
        let sources = (0..of.len()).map(|n| source_alias(n, here));
        let known = quote_spanned! {here=>
            #(#private::has(#private::Source::<#sources>::HANDLERS, &#event))||*
        };
        quote_spanned! {here=>
            const _: () = #private::assert_event::<#alias>();
            const _: () = #private::assert_ignored::<#itself>(&#event, &[#(#all),*], #known);
        }
    });
    sources.chain(ignored).collect()
}
