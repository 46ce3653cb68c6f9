//! How generated code names what it uses: the only file that knows where es-core lives.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::Path;

use crate::attr::{Options, Setting};
use crate::errors::Errors;

/// Where generated code finds es-core: `::es_core`, or what `crate = …` says.
pub(crate) struct Paths(Option<Path>);

impl Paths {
    /// Takes the option out of the list.
    pub(crate) fn take(options: &mut Options, errors: &mut Errors) -> Self {
        let setting = options.take("crate", errors);
        // It must be able to stand before `::` anywhere.
        let plain = |path: &Path| path.segments.iter().all(|segment| segment.arguments.is_none());
        let path =
            |setting: Setting| setting.value("the path of es-core", "crate::es", plain, errors);
        Self(setting.and_then(path))
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

/// What generated code calls the type that the impl is of: a private alias, as for events.
pub(crate) fn self_alias(span: Span) -> Ident {
    Ident::new("__Self", span)
}

/// A variable of a generated function, which nothing of the user's can be confused with.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
