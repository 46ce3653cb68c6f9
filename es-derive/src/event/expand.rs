//! From a valid event to its impl.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::LitInt;
use syn::spanned::Spanned as _;

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
    let rows: Vec<_> = rows.collect();
    let upcasters = (!rows.is_empty()).then(
        || quote_spanned!(span=> const UPCASTERS: &'static [#es::Upcaster<Self>] = &[#(#rows),*];),
    );
    let functions =
        steps.iter().enumerate().map(|(at, step)| function(event, step, steps.get(at + 1)));
    let functions: TokenStream = functions.collect();
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
    quote_spanned! {span=>
        const _: () = {
            #[allow(unused_imports)]
            use #private::Differs as _;
            #functions
            #trait_impl
        };
    }
}

fn row(event: &Event<'_>, Step { from, way }: &Step) -> TokenStream {
    let here = span_of(way);
    let private = event.paths.private(here);
    let (function, before) = (function_name(from), before(from, here));
    let json = Ident::new("json", Span::mixed_site());
    quote_spanned! {here=>
        #private::upcaster(#from, |#json| #function(#private::parse::<#before>(#json)?))
    }
}

/// One step, and the call of the next one.
fn function(event: &Event<'_>, Step { from, way }: &Step, next: Option<&&Step>) -> TokenStream {
    let here = span_of(way);
    let (es, private) = (event.paths.es_core(here), event.paths.private(here));
    let mut ident = event.ident.clone();
    ident.set_span(ident.span().located_at(here));
    let (function, before) = (function_name(from), before(from, here));
    let old = Ident::new("old", Span::mixed_site());
    let after = next.map_or_else(
        || quote_spanned!(here=> #ident),
        |next| {
            let after = self::before(&next.from, here);
            quote_spanned!(here=> #after)
        },
    );
    let (ty, step) = match way {
        Way::With(path) => {
            let json = quote_spanned!(here=> #private::with_json(#path, #old)?);
            let typed = !matches!(next, Some(Step { way: Way::With(_), .. }));
            let json = if typed {
                quote_spanned!(here=> #private::from_json::<#after>(#json)?)
            } else {
                json
            };
            (quote_spanned!(here=> #es::Json), json)
        }
        Way::Via(ty) => (
            quote_spanned!(here=> #ty),
            quote_spanned!(here=> #private::via_type::<#before, #after>(#old)),
        ),
    };
    let step = match next {
        Some(next) => {
            let next = function_name(&next.from);
            quote_spanned!(here=> #next(#step))
        }
        None => quote_spanned!(here=> #private::Ok(#step)),
    };
    quote_spanned! {here=>
        type #before = #ty;
        const _: () = #private::assert_older(#private::Versions::<#before, #ident>::DIFFER);
        fn #function(#old: #before) -> #private::Result<#ident, #es::UpcastError> {
            #step
        }
    }
}

fn function_name(from: &LitInt) -> Ident {
    format_ident!("__upcast{}", from.base10_digits(), span = Span::mixed_site())
}

/// What generated code calls the type of a version: a private alias, so that a name that does not exist is reported once.
fn before(from: &LitInt, span: Span) -> Ident {
    format_ident!("__Before{}", from.base10_digits(), span = span)
}

fn span_of(way: &Way) -> Span {
    match way {
        Way::With(path) => {
            path.segments.last().map_or_else(|| path.span(), |last| last.ident.span())
        }
        Way::Via(ty) => span::of_type(ty),
    }
}
