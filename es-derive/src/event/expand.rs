//! From a valid event to its impl.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::model::{Draft, Event, Step, Way};
use crate::paths::local;
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
    let Event { draft: Draft { item, paths, name, aliases, version, .. }, steps } = event;
    let ident = &item.ident;
    let (es, private) = (paths.es_core(span), paths.private(span));
    let version = version.as_ref().map(|n| {
        quote_spanned!(span=> const VERSION: #es::SchemaVersion = #private::schema_version(#n);)
    });
    let aliases = (!aliases.is_empty()).then(
        || quote_spanned!(span=> const ALIASES: &'static [#private::Text] = &[#(#aliases),*];),
    );
    let rows = steps.iter().map(|step| row(event.draft, step));
    let upcasters = (!steps.is_empty()).then(
        || quote_spanned!(span=> const UPCASTERS: &'static [#es::Upcaster<Self>] = &[#(#rows),*];),
    );
    let trait_impl = quote_spanned! {span=>
        #[automatically_derived]
        #[allow(deprecated)]
        impl #es::Event for #ident {
            const NAME: #private::Text = #name;
            #aliases
            #version
            #upcasters
        }
    };
    if steps.is_empty() {
        return trait_impl;
    }
    let functions = steps.iter().enumerate();
    let functions = functions.map(|(n, step)| function(event.draft, step, steps.get(n + 1)));
    quote_spanned! {span=>
        const _: () = {
            #[allow(unused_imports)]
            use #private::prelude::*;
            #(#functions)*
            #trait_impl
        };
    }
}

fn row(draft: &Draft, Step { from, at, way }: &Step) -> TokenStream {
    let here = span_of(way);
    let (private, json) = (draft.paths.private(here), local("json"));
    let (function, before) = (function_name(*at), before(*at, here));
    quote_spanned! {here=>
        #private::upcaster(#from, |#json| #function(#private::parse::<#before>(#json)?))
    }
}

/// One step, and the call of the next one.
fn function(draft: &Draft, Step { at, way, .. }: &Step, next: Option<&&Step>) -> TokenStream {
    let here = span_of(way);
    let (es, private, old) = (draft.paths.es_core(here), draft.paths.private(here), local("old"));
    let mut ident = draft.item.ident.clone();
    ident.set_span(ident.span().located_at(here));
    let (function, before) = (function_name(*at), before(*at, here));
    let after = next.map_or_else(|| ident.clone(), |next| self::before(next.at, here));
    let (ty, value, last) = match way {
        Way::Via(ty) => {
            let made = quote_spanned!(here=> #private::via_type::<#before, #after>(#old));
            (quote!(#ty), made.clone(), quote_spanned!(here=> #private::Ok(#made)))
        }
        Way::With(path) => {
            let json = quote_spanned!(here=> #private::with_json(#path, #old)?);
            let made = quote_spanned!(here=> #private::from_json::<#after>(#json));
            let typed = !matches!(next, Some(Step { way: Way::With(_), .. }));
            let value = if typed { quote_spanned!(here=> #made?) } else { json };
            (quote_spanned!(here=> #es::Json), value, made)
        }
    };
    let body = next.map_or(last, |next| {
        let next = function_name(next.at);
        quote_spanned!(here=> #next(#value))
    });
    quote_spanned! {here=>
        type #before = #ty;
        const _: () = #private::assert_older(#private::Versions::<#before, #ident>::DIFFER);
        fn #function(#old: #before) -> #private::Result<#ident, #es::UpcastError> {
            #body
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

/// The user's token, as the place of what is ours: no lint of the user's looks at it.
fn span_of(way: &Way) -> Span {
    let there = match way {
        Way::With(path) => path.segments.last().map_or_else(Span::call_site, |s| s.ident.span()),
        Way::Via(ty) => span::of_type(ty),
    };
    Span::mixed_site().located_at(there)
}
