//! From a valid event to its impl.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::model::Event;
use crate::paths::static_str;

/// ```text
/// #[event(name = "opened", version = 2)] struct Opened { … }
/// =>
/// impl ::es_core::Event for Opened {
///     const NAME: &'static str = "opened";
///     const VERSION: ::es_core::SchemaVersion = ::es_core::__private::schema_version(2);
/// }
/// ```
pub(crate) fn expand(event: &Event<'_>) -> TokenStream {
    let span = Span::mixed_site();
    let Event { ident, paths, name, version } = event;
    let (es, private, text) = (paths.es_core(span), paths.private(span), static_str(span));
    let version = version.map(|n| {
        quote_spanned!(span=> const VERSION: #es::SchemaVersion = #private::schema_version(#n);)
    });
    quote_spanned! {span=>
        #[automatically_derived]
        impl #es::Event for #ident {
            const NAME: #text = #name;
            #version
        }
    }
}
