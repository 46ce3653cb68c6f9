//! From a valid event to its impl.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote_spanned};

use super::model::{Event, Step, Way};
use crate::paths::static_str;
use crate::span;

/// ```text
/// #[event(name = "opened", version = 2)] #[upcast(from = 1, with = add_limit)] struct Opened { … }
/// =>
/// const _: () = {
///     // for each step
///     type __Before1 = ::es_core::Json;
///     fn __upcast1(old: __Before1) -> Result<Opened, UpcastError> { … }
///     impl ::es_core::Event for Opened {
///         const NAME: &'static str = "opened";
///         const VERSION: ::es_core::SchemaVersion = ::es_core::__private::schema_version(2);
///         const UPCASTERS: &'static [Upcaster<Self>] = &[upcaster(1, |json| __upcast1(parse(json)?))];
///     }
/// };
/// ```
pub(crate) fn expand(event: &Event<'_>) -> TokenStream {
    let span = Span::mixed_site();
    let Event { ident, paths, name, aliases, version, steps } = event;
    let (es, private, text) = (paths.es_core(span), paths.private(span), static_str(span));
    let version = version.map(|n| {
        quote_spanned!(span=> const VERSION: #es::SchemaVersion = #private::schema_version(#n);)
    });
    let aliases = (!aliases.is_empty())
        .then(|| quote_spanned!(span=> const ALIASES: &'static [#text] = &[#(#aliases),*];));
    let rows = steps.iter().map(|step| row(event, step));
    let upcasters = (!steps.is_empty()).then(
        || quote_spanned!(span=> const UPCASTERS: &'static [#es::Upcaster<Self>] = &[#(#rows),*];),
    );
    let trait_impl = quote_spanned! {span=>
        #[automatically_derived]
        impl #es::Event for #ident {
            const NAME: #text = #name;
            #aliases
            #version
            #upcasters
        }
    };
    if steps.is_empty() {
        return trait_impl;
    }
    let functions = steps.iter().enumerate();
    let functions = functions.map(|(n, step)| function(event, step, steps.get(n + 1)));
    quote_spanned! {span=>
        const _: () = {
            #[allow(unused_imports)]
            use #private::prelude::*;
            #(#functions)*
            #trait_impl
        };
    }
}

fn row(event: &Event<'_>, Step { from, at, way }: &Step) -> TokenStream {
    let here = span_of(way);
    let private = event.paths.private(here);
    let (function, before) = (function_name(*at), before(*at, here));
    let json = Ident::new("json", Span::mixed_site());
    quote_spanned! {here=>
        #private::upcaster(#from, |#json| #function(#private::parse::<#before>(#json)?))
    }
}

/// One step, and the call of the next one.
fn function(event: &Event<'_>, Step { at, way, .. }: &Step, next: Option<&&Step>) -> TokenStream {
    let here = span_of(way);
    let (es, private) = (event.paths.es_core(here), event.paths.private(here));
    let mut ident = event.ident.clone();
    ident.set_span(ident.span().located_at(here));
    let old = Ident::new("old", Span::mixed_site());
    let (function, before) = (function_name(*at), before(*at, here));
    let after = next.map_or_else(|| ident.clone(), |next| self::before(next.at, here));
    let (ty, step) = match way {
        Way::With(path) => {
            let json = quote_spanned!(here=> #private::with_json(#path, #old)?);
            let step = match next {
                Some(Step { way: Way::With(_), .. }) => json,
                _ => quote_spanned!(here=> #private::from_json::<#after>(#json)?),
            };
            (quote_spanned!(here=> #es::Json), step)
        }
        Way::Via(ty) => {
            let step = quote_spanned!(here=> #private::via_type::<#before, #after>(#old));
            (ty.to_token_stream(), step)
        }
    };
    let then = next.map_or_else(
        || quote_spanned!(here=> #private::Ok),
        |next| function_name(next.at).into_token_stream(),
    );
    quote_spanned! {here=>
        type #before = #ty;
        const _: () = #private::assert_older(#private::Versions::<#before, #ident>::DIFFER);
        fn #function(#old: #before) -> #private::Result<#ident, #es::UpcastError> {
            #then(#step)
        }
    }
}

fn function_name(from: u32) -> Ident {
    format_ident!("__upcast{from}", span = Span::mixed_site())
}

/// What generated code calls the type of a version: a private alias, so that a name that does not exist is reported once.
fn before(from: u32, span: Span) -> Ident {
    format_ident!("__Before{from}", span = span)
}

fn span_of(way: &Way) -> Span {
    match way {
        Way::With(path) => path.segments.last().map_or_else(Span::call_site, |s| s.ident.span()),
        Way::Via(ty) => span::of_type(ty),
    }
}
