//! From a valid projection to its impl.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::ReturnType;

use super::model::{Handler, Projection};
use crate::paths::{Paths, event_alias, self_alias, static_str};
use crate::{handlers, span};

/// ```text
/// #[projection(name = "balances")] impl Balances { … }
/// =>
/// impl Balances { … }
/// const _: () = {
///     type __Self = Balances;
///     type __Event0 = Opened;
///     impl ::es_core::Projection for __Self {
///         const NAME: &'static str = "balances";
///         const EVENTS: &'static [EventType] = &[Subscription::<__Event0>::EVENT];
///         const SUBSCRIBED_TO: &'static [&'static str] = &names(Self::EVENTS);
///         fn handle<'a>(…) -> ::es_core::BoxFuture<'a, Result<(), ProjectionError>> { … }
///     }
///     // and for each handler
///     const _: () = ::es_core::__private::assert_event::<__Event0>();
///     const _: () = ::es_core::__private::assert_subscribed_once::<__Self>(…);
/// };
/// ```
pub(crate) fn expand(projection: &Projection<'_>) -> TokenStream {
    let here = Span::mixed_site();
    let Projection { item, paths, uses, handlers, ignores, .. } = projection;
    let private = paths.private(here);
    let handled = handlers.iter().map(|h| (h.cfgs, h.event));
    let aliases = handlers::aliases(&item.self_ty, handled, ignores);
    let trait_impl = trait_impl(projection);
    let checks = handlers.iter().enumerate().map(|(n, handler)| checks_of(paths, n, handler));
    let coverage = super::coverage::expand(projection);
    quote_spanned! {here=>
        #item
        const _: () = {
            #[allow(unused_imports)]
            use #private::{NoSource as _, NoSubscription as _};
            #uses
            #aliases
            #trait_impl
            #(#checks)*
            #coverage
        };
    }
}

fn trait_impl(projection: &Projection<'_>) -> TokenStream {
    let here = span::of_type(&projection.item.self_ty);
    let this = self_alias(here);
    let Projection { paths, name, version, handlers, .. } = projection;
    let (es, private, text) = (paths.es_core(here), paths.private(here), static_str(here));
    let version =
        version.map(|n| quote_spanned!(here=> const VERSION: ::core::primitive::u32 = #n;));
    let events = handlers.iter().enumerate().map(|(n, Handler { cfgs, event, .. })| {
        let event = event_alias(n, span::of_type(event));
        quote_spanned!(here=> #(#cfgs)* #private::Subscription::<#event>::EVENT)
    });
    let arms = handlers.iter().enumerate().map(|(n, handler)| arm(paths, n, handler));
    let Names { stored, batch, .. } = Names::new();
    quote_spanned! {here=>
        #[automatically_derived]
        impl #private::one_impl_block_has_projection_so_move_all_handlers_into_it for #this {}
        #[automatically_derived]
        impl #es::Projection for #this {
            const NAME: #text = #name;
            #version
            const EVENTS: &'static [#es::EventType] = &[#(#events),*];
            const SUBSCRIBED_TO: &'static [#text] =
                &#private::names::<{ #private::count_names(<#this as #es::Projection>::EVENTS) }>(Self::EVENTS);
            #[allow(unused_variables)]
            fn handle<'a>(
                &'a mut self,
                #stored: &'a #es::StoredEvent,
                #batch: &'a mut #es::Batch<'_>,
            ) -> #es::BoxFuture<'a, #private::Result<(), #es::ProjectionError>> {
                #(#arms)*
                #private::ignored()
            }
        }
    }
}

/// What is done when the event is that of one handler.
fn arm(paths: &Paths, n: usize, handler: &Handler<'_>) -> TokenStream {
    let Handler { cfgs, event, signature, .. } = handler;
    let here = signature.ident.span();
    let private = paths.private(here);
    let event = event_alias(n, span::of_type(event));
    let Names { stored, event: given, .. } = Names::new();
    let (context, call) = (context(paths, handler), call(paths, n, handler));
    // `async` and its braces stand at the method: a future that is not `Send` is reported there.
    quote_spanned! {here=>
        #(#cfgs)*
        if #private::Subscription::<#event>::matches(#stored) {
            return #private::boxed(async move {
                let #given = #private::Subscription::<#event>::decode(#stored)?;
                #context
                #call
            });
        }
    }
}

/// Making the second argument.
fn context(paths: &Paths, handler: &Handler<'_>) -> Option<TokenStream> {
    let context = handler.inputs.context.as_ref()?;
    let there = span::of_type(&context.ty);
    let (private, mutability) = (paths.private(there), context.mutability);
    let Names { batch, cx, .. } = Names::new();
    Some(quote_spanned!(there=> let #mutability #cx = #private::context(#batch)?;))
}

/// The call of the user's method. What the compiler may find wrong about an argument it reports at the type arguments,
/// which are placed at the user's own token; without them it would point at the macro's call.
fn call(paths: &Paths, n: usize, handler: &Handler<'_>) -> TokenStream {
    let signature = handler.signature;
    let (here, method) = (signature.ident.span(), &signature.ident);
    let Names { event: given, cx, returned, .. } = Names::new();
    let given = {
        let there = span::of_type(&handler.inputs.event.ty);
        let (private, event) = (paths.private(there), event_alias(n, there));
        quote_spanned!(there=> #private::as_parameter::<#event, _>(&#given))
    };
    let cx = handler.inputs.context.as_ref().map(|context| {
        let mutability = context.mutability;
        quote_spanned!(span::of_type(&context.ty)=> , &#mutability #cx)
    });
    let wait = signature.asyncness.map(|_| quote_spanned!(here=> .await));
    let there = match &signature.output {
        ReturnType::Type(_, ty) => span::of_type(ty),
        ReturnType::Default => here,
    };
    let outcome = {
        let private = paths.private(there);
        quote_spanned!(there=> #private::outcome::<_>(#returned))
    };
    quote_spanned! {here=>
        let #returned = Self::#method(self, #given #cx)#wait;
        #outcome
    }
}

/// That the event is one, and that no other event here has its stored name.
fn checks_of(paths: &Paths, n: usize, handler: &Handler<'_>) -> TokenStream {
    let Handler { cfgs, event, .. } = handler;
    let here = span::of_type(event);
    let (private, this) = (paths.private(here), self_alias(here));
    let event = event_alias(n, here);
    quote_spanned! {here=>
        #(#cfgs)*
        const _: () = #private::assert_event::<#event>();
        #(#cfgs)*
        const _: () = #private::assert_subscribed_once::<#this>(&#private::Subscription::<#event>::EVENT);
    }
}

/// Variables of generated functions, which nothing of the user's can be confused with.
struct Names {
    stored: Ident,
    batch: Ident,
    event: Ident,
    cx: Ident,
    returned: Ident,
}

impl Names {
    fn new() -> Self {
        let [stored, batch, event, cx, returned] = ["stored", "batch", "event", "cx", "returned"]
            .map(|name| Ident::new(name, Span::mixed_site()));
        Self { stored, batch, event, cx, returned }
    }
}
