//! Every path that generated code begins with. Absolute, so that nothing a user shadows can stand in the way.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// `::es_core`
pub(crate) fn es_core(span: Span) -> TokenStream {
    quote_spanned!(span=> ::es_core)
}

/// `::es_core::__private`
pub(crate) fn private(span: Span) -> TokenStream {
    quote_spanned!(span=> ::es_core::__private)
}
