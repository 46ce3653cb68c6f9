//! How generated code names what it uses: the only file that knows where es-core lives.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};

/// `::es_core`.
pub(crate) fn es_core(span: Span) -> TokenStream {
    quote_spanned!(span=> ::es_core)
}

/// The module that is for generated code only; what generated code needs of std comes through it too.
pub(crate) fn private(span: Span) -> TokenStream {
    quote_spanned!(span=> ::es_core::__private)
}

/// `&'static str`, whatever the user calls `str`.
pub(crate) fn static_str(span: Span) -> TokenStream {
    quote_spanned!(span=> &'static ::core::primitive::str)
}

/// What generated code calls the type that the impl is of: a private alias, as for events.
pub(crate) fn self_alias(span: Span) -> Ident {
    Ident::new("__Self", span)
}

/// What generated code calls the event of the `n`th handler: a private alias, so that a name that does not exist is
/// reported once, where the user wrote it, and not at every use.
pub(crate) fn event_alias(n: usize, span: Span) -> Ident {
    format_ident!("__Event{n}", span = span)
}
