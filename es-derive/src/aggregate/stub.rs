//! What stands in for an aggregate with mistakes in it, so that the rest of the program is checked as usual.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemImpl;
use syn::spanned::Spanned as _;

use super::model::Parts;
use crate::handler::spelled;
use crate::paths;

/// Trait impls that compile and do nothing: there is a `compile_error!` beside them.
pub(crate) fn expand(block: &ItemImpl, parts: &Parts) -> TokenStream {
    if block.trait_.is_some() || !block.generics.params.is_empty() {
        return TokenStream::new();
    }
    let self_ty = &block.self_ty;
    let span = self_ty.span();
    let (es_core, private) = (paths::es_core(span), paths::private(span));
    let id = parts.id.as_ref().map_or_else(|| quote!(#private::Uuid), |id| quote!(#id));
    let mut seen = HashSet::new();
    let events = parts.events.iter().filter(|event| seen.insert(spelled(event)));
    let events = events.map(|event| {
        quote! {
            impl #es_core::Handles<#event> for #self_ty {
                fn handle(
                    _: &mut #private::Option<Self>,
                    _: &#event,
                    _: &#es_core::EventContext<'_>,
                ) -> #private::Result<(), #es_core::ReplayError> { #private::Ok(()) }
            }
            impl #es_core::IntoEvents<#self_ty> for #event {
                fn into_events(self, _: &mut #es_core::Events<#self_ty>) {}
            }
        }
    });
    quote! {
        const _: () = {
            impl #es_core::Aggregate for #self_ty {
                type Id = #id;
                const NAME: &'static ::core::primitive::str = "";
                const HANDLERS: &'static [#es_core::Handler<Self>] = &[];
                fn initial() -> #private::Option<Self> { #private::None }
            }
            #(#events)*
        };
    }
}
