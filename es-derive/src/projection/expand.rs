//! From a valid projection to its impl.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Ident, ReturnType};

use super::model::{Handler, Projection};
use crate::{paths, span};

/// ```text
/// #[projection(name = "balances")] impl Balances { … }
/// =>
/// impl Balances { … }
/// impl ::es_core::Projection for Balances {
///     const NAME: &'static str = "balances";
///     const SUBSCRIBED_TO: &'static [&'static str] = &[<Opened as ::es_core::Event>::NAME];
///     fn handle<'a>(…) -> ::es_core::BoxFuture<'a, Result<(), ProjectionError>> { … }
/// }
/// ```
pub(crate) fn expand(projection: &Projection<'_>) -> TokenStream {
    let item = projection.item;
    let this = &item.self_ty;
    let here = span::of_type(this);
    let (es, text) = (paths::es_core(here), paths::static_str(here));
    let name = projection.name;
    let version = projection
        .version
        .map(|n| quote_spanned!(here=> const VERSION: ::core::primitive::u32 = #n;));
    let names = projection.handlers.iter().map(|handler| {
        let Handler { cfgs, event, .. } = handler;
        quote!(#(#cfgs)* <#event as #es::Event>::NAME)
    });
    let handle = handle(projection);
    let distinct = projection.handlers.iter().map(|handler| distinct(projection, handler));
    quote_spanned! {here=>
        #item

        #[automatically_derived]
        impl #es::Projection for #this {
            const NAME: #text = #name;
            #version
            const SUBSCRIBED_TO: &'static [#text] = &[#(#names),*];
            #handle
        }

        #(#distinct)*
    }
}

fn handle(projection: &Projection<'_>) -> TokenStream {
    let here = Span::mixed_site();
    let (es, private) = (paths::es_core(here), paths::private(here));
    let arms = projection.handlers.iter().map(arm);
    let [stored, batch, _] = names();
    quote_spanned! {here=>
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

/// What is done when the event is that of one handler.
fn arm(handler: &Handler<'_>) -> TokenStream {
    let Handler { cfgs, event, signature, inputs } = handler;
    let here = Span::mixed_site();
    let (es, private) = (paths::es_core(here), paths::private(here));
    let [stored, batch, given] = names();
    let method = &signature.ident;
    let at_method = method.span();
    let boxed = {
        let private = paths::private(at_method);
        quote_spanned!(at_method=> #private::boxed)
    };
    let parameter = &inputs.event.ty;
    let there = span::of_type(parameter);
    let as_event = {
        let (private, event) = (paths::private(there), span::at(there, event));
        quote_spanned!(there=> #private::as_parameter::<#event, #parameter>(&#given))
    };
    let (make_context, context) = context(handler, &batch);
    let wait = signature.asyncness.map(|_| quote_spanned!(here=> .await));
    let at_output = match &signature.output {
        ReturnType::Type(_, ty) => span::of_type(ty),
        ReturnType::Default => here,
    };
    let done = Ident::new("done", at_output);
    let outcome = {
        let private = paths::private(at_output);
        quote_spanned!(at_output=> #private::outcome(#done))
    };
    quote_spanned! {here=>
        #(#cfgs)*
        if #stored.name == <#event as #es::Event>::NAME {
            return #boxed(async move {
                let #given = #private::event::<#event>(#stored)?;
                #make_context
                let #done = Self::#method(self, #as_event #context)#wait;
                #outcome
            });
        }
    }
}

/// Making the context, and passing it on.
fn context(handler: &Handler<'_>, batch: &Ident) -> (TokenStream, TokenStream) {
    let Some(context) = &handler.inputs.context else {
        return (TokenStream::new(), TokenStream::new());
    };
    let (ty, mutability) = (&context.ty, context.mutability);
    let there = span::of_type(ty);
    let private = paths::private(there);
    let cx = Ident::new("cx", Span::mixed_site());
    (
        quote_spanned!(there=> let #mutability #cx = #private::context::<#ty>(#batch)?;),
        quote_spanned!(there=> , &#mutability #cx),
    )
}

/// Two handled events with one stored name are reported at both.
fn distinct(projection: &Projection<'_>, handler: &Handler<'_>) -> TokenStream {
    let Handler { cfgs, event, .. } = handler;
    let here = span::of_type(event);
    let this = span::at(here, &projection.item.self_ty);
    let private = paths::private(here);
    quote_spanned! {here=>
        #(#cfgs)*
        const _: () = #private::assert_subscribed_once::<#this, #event>();
    }
}

fn names() -> [Ident; 3] {
    ["stored", "batch", "event"].map(|name| Ident::new(name, Span::mixed_site()))
}
