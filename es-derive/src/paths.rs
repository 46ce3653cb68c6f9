//! How generated code names what it uses: the only file that knows where es-core lives.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

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
