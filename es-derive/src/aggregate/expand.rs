//! The code of `#[aggregate]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::model::Model;
use crate::handler::{Handler, Receiver};
use crate::paths;

/// ```text
/// #[aggregate(name = "account", id = Uuid)]     const _: () = {
/// impl Account {                                    impl Aggregate for Account {
///     #[handles(Opened)]                                type Id = Uuid;
///     fn opened(e: &Opened) -> Self { … }    =>         const NAME: &'static str = "account";
/// }                                                     const HANDLERS: … = &[Handler::of::<Opened>()];
///                                                       fn initial() -> Option<Self> { None }
///                                                   }
///                                                   …one `Handles` and one `IntoEvents` for each handler
///                                               };
/// ```
pub(crate) fn expand(model: &Model) -> TokenStream {
    let Model { self_ty, name, id, handlers } = model;
    let span = self_ty.span();
    let (es_core, private) = (paths::es_core(span), paths::private(span));
    let rows = handlers.iter().map(row);
    let names = handlers.iter().map(distinct);
    let initial = initial(model);
    let handlers = handlers.iter().map(|handler| expand_handler(model, handler));
    quote! {
        const _: () = {
            #[automatically_derived]
            impl #es_core::Aggregate for #self_ty {
                type Id = #id;
                const NAME: &'static ::core::primitive::str = #name;
                const HANDLERS: &'static [#es_core::Handler<Self>] = &[#(#rows),*];
                fn initial() -> #private::Option<Self> { #initial }
            }
            #(#handlers)*
            const NAMES: &[&::core::primitive::str] = &[#(#names),*];
            #private::assert_distinct(NAMES);
        };
    }
}

/// Only an event can begin the stream when a handler has no receiver; otherwise the default state does.
fn initial(model: &Model) -> TokenStream {
    let span = model.self_ty.span();
    let private = paths::private(span);
    let begins = |handler: &&Handler| matches!(handler.receiver, Receiver::None);
    if model.handlers.iter().any(|handler| begins(&handler)) {
        quote!(#private::None)
    } else {
        quote_spanned!(span=> #private::Some(#private::default_state::<Self>()))
    }
}

fn row(handler: &Handler) -> TokenStream {
    let Handler { cfgs, event, .. } = handler;
    let es_core = paths::es_core(handler.span());
    quote_spanned!(handler.span()=> #(#cfgs)* #es_core::Handler::of::<#event>())
}

fn distinct(handler: &Handler) -> TokenStream {
    let Handler { cfgs, event, .. } = handler;
    let es_core = paths::es_core(handler.span());
    quote_spanned!(handler.span()=> #(#cfgs)* <#event as #es_core::Event>::NAME)
}

/// Everything here has the span of the event's type, so that errors of the compiler point at it.
fn expand_handler(model: &Model, handler: &Handler) -> TokenStream {
    let Handler { cfgs, event, .. } = handler;
    let self_ty = &model.self_ty;
    let span = handler.span();
    let (es_core, private) = (paths::es_core(span), paths::private(span));
    let body = body(model, handler);
    quote_spanned! {span=>
        #(#cfgs)*
        #[automatically_derived]
        impl #es_core::Handles<#event> for #self_ty {
            fn handle(
                state: &mut #private::Option<Self>,
                event: &#event,
                cx: &#es_core::EventContext<'_>,
            ) -> #private::Result<(), #es_core::ReplayError> { #body }
        }
        #(#cfgs)*
        #[automatically_derived]
        impl #es_core::IntoEvents<#self_ty> for #event {
            fn into_events(self, events: &mut #es_core::Events<#self_ty>) {
                events.push(self);
            }
        }
    }
}

/// The method as a function pointer of the expected type, spanned at its parameter: a parameter of another type is
/// then "expected" to be the event in the attribute, not the other way round.
fn body(model: &Model, handler: &Handler) -> TokenStream {
    let Handler { event, method, parameter, context, .. } = handler;
    let (self_ty, span) = (&model.self_ty, handler.span());
    let (es_core, private) = (paths::es_core(span), paths::private(span));
    let context_type = context.iter().map(|_| quote!(, &#es_core::EventContext<'_>));
    let context = context.iter().map(|_| quote_spanned!(span=> , cx));
    let method = quote_spanned!(parameter.span()=> <#self_ty>::#method);
    if matches!(handler.receiver, Receiver::None) {
        quote_spanned! {span=>
            let handler: fn(&#event #(#context_type)*) -> Self = #method;
            let _ = cx;
            #private::begin::<Self, #event>(state, || handler(event #(#context)*))
        }
    } else {
        quote_spanned! {span=>
            let handler: fn(&mut Self, &#event #(#context_type)*) = #method;
            let _ = cx;
            #private::change::<Self, #event>(state, |state| handler(state, event #(#context)*))
        }
    }
}
