//! From `of(..)` and `ignores(..)` to the checks that no event was forgotten.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};

use super::model::{Draft, Projection};
use crate::handlers::{EventRef, shown};
use crate::paths::{Paths, self_alias};
use crate::span;

/// ```text
/// #[projection(of(Account), ignores(Audited))]
/// =>
/// type __Source0 = Account;
/// const _: () = ::es_core::__private::assert_covers::<__Self, __Source0>("Accounts", &[…]);
/// const _: () = ::es_core::__private::assert_ignored::<__Self>(…);
/// ```
pub(super) fn expand(projection: &Projection<'_>) -> TokenStream {
    let Draft { block, of, .. } = projection.draft;
    let (paths, this) = (&block.paths, shown(&block.item.self_ty));
    let all: Vec<_> = block.ignored().map(|event| event_type(paths, event)).collect();
    let sources = of.iter().enumerate().map(|(n, aggregate)| {
        let here = span::of_type(aggregate);
        let (source, itself) = (source_alias(n, here), self_alias(here));
        let private = paths.private(here);
        quote_spanned! {here=>
            type #source = #aggregate;
            const _: () = #private::assert_covers::<#itself, #source>(#this, &[#(#all),*]);
        }
    });
    let ignored = block.ignored().zip(&all).map(|(event, event_type)| {
        let here = event.here();
        let (private, itself) = (paths.private(here), self_alias(here));
        let sources = (0..of.len()).map(|n| source_alias(n, here));
        let known = quote_spanned! {here=>
            #(#private::has(#private::Source::<#sources>::HANDLERS, &#event_type))||*
        };
        quote_spanned! {here=>
            const _: () = #private::assert_ignored::<#itself>(&#event_type, &[#(#all),*], #known);
        }
    });
    sources.chain(ignored).collect()
}

fn event_type(paths: &Paths, event: EventRef<'_>) -> TokenStream {
    let here = event.here();
    let (private, event) = (paths.private(here), event.alias(here));
    quote_spanned!(here=> #private::Subscription::<#event>::EVENT)
}

/// What generated code calls the `n`th aggregate of a projection.
fn source_alias(n: usize, span: Span) -> Ident {
    format_ident!("__Source{n}", span = span)
}
