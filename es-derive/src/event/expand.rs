//! The code of `#[derive(Event)]`.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::model::Model;
use crate::paths;

/// ```text
/// #[derive(Event)]                       impl ::es_core::Event for Opened {
/// #[event(name = "opened")]        =>        const NAME: &'static str = "opened";
/// struct Opened { … }                        const VERSION: SchemaVersion = schema_version(1);
///                                        }
/// ```
pub(crate) fn expand(model: &Model) -> TokenStream {
    let Model { ident, generics, name, version } = model;
    let span = ident.span();
    let (es_core, private) = (paths::es_core(span), paths::private(span));
    let (params, arguments, _) = generics.split_for_impl();
    quote_spanned! {span=>
        #[automatically_derived]
        impl #params #es_core::Event for #ident #arguments {
            const NAME: &'static ::core::primitive::str = #name;
            const VERSION: #es_core::SchemaVersion = #private::schema_version(#version);
        }
    }
}
