//! From a valid projection to its impl.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::model::{Draft, Projection};
use super::{read_models, reset};
use crate::handlers::{EventRef, Handler, output};
use crate::paths::{Paths, local, self_alias};
use crate::span;

/// ```text
/// #[projection(name = "balances")] impl Balances { … }
/// =>
/// impl Balances { … }
/// const _: () = {
///     type __Self = Balances;
///     type __Event0 = Opened;
///     const _: () = ::es_core::__private::assert_event::<__Event0>();
///     impl ::es_core::Projection for __Self {
///         const NAME: &'static str = "balances";
///         const EVENTS: &'static [EventType] = &[Subscription::<__Event0>::EVENT];
///         const SUBSCRIBED_TO: &'static [&'static str] = &names(Self::EVENTS);
///         fn handle<'a>(…) -> ::es_core::BoxFuture<'a, Result<(), ProjectionError>> { … }
///     }
///     // and for each handler
///     const _: () = ::es_core::__private::assert_subscribed_once::<__Self>(…);
/// };
/// ```
pub(crate) fn expand(projection: &Projection<'_>) -> TokenStream {
    let Projection { draft: Draft { block, resets, .. }, handlers, .. } = projection;
    let checks = handlers.iter().map(|handler| check(&block.paths, handler.event));
    let (trait_impl, coverage) = (trait_impl(projection), super::coverage::expand(projection));
    let (read_models, uses) = (read_models::checks(projection), reset::uses(resets));
    block.expand(&quote!(#uses #trait_impl #(#checks)* #read_models #coverage))
}

fn trait_impl(projection: &Projection<'_>) -> TokenStream {
    let Projection { draft: Draft { block, version, .. }, name, handlers, resets } = projection;
    let here = span::of_type(&block.item.self_ty);
    let (this, paths) = (self_alias(here), &block.paths);
    let (es, private) = (paths.es_core(here), paths.private(here));
    let version = version
        .as_ref()
        .map(|n| quote_spanned!(here=> const VERSION: ::core::primitive::u32 = #n;));
    let events = handlers.iter().map(|Handler { event, .. }| {
        let (cfgs, event) = (event.cfgs, event.alias(event.here()));
        quote_spanned!(here=> #(#cfgs)* #private::Subscription::<#event>::EVENT)
    });
    let read_models = read_models::constant(projection);
    let resets = resets.iter().map(|reset| reset.expand(paths));
    let arms = handlers.iter().map(|handler| arm(paths, handler));
    let [stored, batch, itself] = ["stored", "batch", "self"].map(local);
    quote_spanned! {here=>
        #[automatically_derived]
        impl #private::one_impl_block_has_projection_so_move_all_handlers_into_it for #this {}
        #[automatically_derived]
        impl #es::Projection for #this {
            const NAME: #private::Text = #name;
            #version
            #read_models
            const EVENTS: &'static [#es::EventType] = &[#(#events),*];
            const SUBSCRIBED_TO: &'static [#private::Text] =
                &#private::names::<{ #private::count_names(<#this as #es::Projection>::EVENTS) }>(<#this as #es::Projection>::EVENTS);
            #[allow(unused_variables)]
            fn handle<'a>(
                &'a mut #itself,
                #stored: &'a #es::StoredEvent,
                #batch: &'a mut #es::Batch<'_>,
            ) -> #es::BoxFuture<'a, #private::Result<(), #es::ProjectionError>> {
                #(#arms)*
                #private::ignored()
            }
            #(#resets)*
        }
    }
}

/// What is done when the event is that of one handler.
fn arm(paths: &Paths, handler: &Handler<'_>) -> TokenStream {
    let Handler { event, signature, .. } = handler;
    let (here, cfgs) = (signature.ident.span(), event.cfgs);
    let (private, event) = (paths.private(here), event.alias(event.here()));
    let [stored, given] = ["stored", "event"].map(local);
    let (context, call) = (context(paths, handler), call(paths, handler));
    // `async` and its braces stand at the method: a future that is not `Send` is reported there.
    quote_spanned! {here=>
        #(#cfgs)*
        if #private::Subscription::<#event>::matches(#stored) {
            return #private::boxed(async move {
                let #given = &#private::Subscription::<#event>::decode(#stored)?;
                #context
                #call
            });
        }
    }
}

/// Making the second argument.
fn context(paths: &Paths, handler: &Handler<'_>) -> Option<TokenStream> {
    let context = handler.context?;
    let there = span::of_type(&context.elem);
    let (private, mutability) = (paths.private(there), context.mutability);
    let [batch, cx] = ["batch", "cx"].map(local);
    Some(quote_spanned!(there=> let #mutability #cx = #private::context(#batch)?;))
}

/// The call of the user's method.
fn call(paths: &Paths, handler: &Handler<'_>) -> TokenStream {
    let Handler { signature, context, .. } = handler;
    let (here, method) = (signature.ident.span(), &signature.ident);
    let [given, cx, returned, itself] = ["event", "cx", "returned", "self"].map(local);
    let given = handler.argument(paths, &given);
    let cx = context.map(|context| {
        let mutability = context.mutability;
        quote_spanned!(span::of_type(&context.elem)=> , &#mutability #cx)
    });
    let wait = signature.asyncness.map(|_| quote_spanned!(here=> .await));
    let outcome = {
        let there = output(signature).map_or(here, span::of_type);
        let private = paths.private(there);
        quote_spanned!(there=> #private::outcome::<_>(#returned))
    };
    quote_spanned! {here=>
        let #returned = Self::#method(#itself, #given #cx)#wait;
        #outcome
    }
}

/// That no other event here has its stored name.
fn check(paths: &Paths, event: EventRef<'_>) -> TokenStream {
    let (here, cfgs) = (event.here(), event.cfgs);
    let (private, this, event) = (paths.private(here), self_alias(here), event.alias(here));
    quote_spanned! {here=>
        #(#cfgs)*
        const _: () = #private::assert_subscribed_once::<#this>(&#private::Subscription::<#event>::EVENT);
    }
}
