//! How generated code names what it uses: the only file that knows where es-core lives.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote_spanned};
use syn::Path;

use crate::attr::Options;
use crate::errors::Errors;

/// Where generated code finds es-core: `::es_core`, or what `crate = …` says.
pub(crate) struct Paths(Option<Path>);

impl Paths {
    /// Takes the option out of the list.
    pub(crate) fn take(options: &mut Options, errors: &mut Errors) -> Self {
        let setting = options.take("crate", errors);
        Self(setting.and_then(|setting| setting.module("es-core", "crate::es", errors)))
    }

    /// The crate. What the user has written keeps its place: if it is wrong, it is so there.
    pub(crate) fn es_core(&self, span: Span) -> TokenStream {
        let given = self.0.as_ref().map(Path::to_token_stream);
        given.unwrap_or_else(|| quote_spanned!(span=> ::es_core))
    }

    /// The module that is for generated code only; what generated code needs of std comes through it too.
    pub(crate) fn private(&self, span: Span) -> TokenStream {
        let es = self.es_core(span);
        quote_spanned!(span=> #es::__private)
    }
}

/// `&'static str`, whatever the user calls `str`.
pub(crate) fn static_str(span: Span) -> TokenStream {
    quote_spanned!(span=> &'static ::core::primitive::str)
}

/// What generated code calls the type that the impl is of: a private alias, as for events.
pub(crate) fn self_alias(span: Span) -> Ident {
    Ident::new("__Self", span)
}

/// What generated code calls the `n`th aggregate of a projection.
pub(crate) fn source_alias(n: usize, span: Span) -> Ident {
    format_ident!("__Source{n}", span = span)
}

/// What generated code calls the event of the `n`th handler: a private alias, so that a name that does not exist is
/// reported once, where the user wrote it, and not at every use.
pub(crate) fn event_alias(n: usize, span: Span) -> Ident {
    format_ident!("__Event{n}", span = span)
}
