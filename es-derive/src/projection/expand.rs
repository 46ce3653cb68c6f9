//! The code of `#[projection]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::model::Model;
use crate::handler::Handler;
use crate::paths;

/// ```text
/// #[projection(name = "balances")]          const _: () = {
/// impl Balances {                               impl Projection for Balances {
///     #[handles(Opened)]                            const NAME: &'static str = "balances";
///     fn opened(&mut self, e: &Opened) { … }  =>    const VERSION: u32 = 1;
/// }                                                 const SUBSCRIBED_TO: … = &[<Opened as Event>::NAME];
///                                                   fn handle<'a>(&'a mut self, event, batch) -> BoxFuture<'a, …> { … }
///                                               }
///                                           };
/// ```
pub(crate) fn expand(model: &Model, handlers: &[Handler]) -> TokenStream {
    let Model { self_ty, name, version, .. } = model;
    let span = self_ty.span();
    let (es_core, private) = (paths::es_core(span), paths::private(span));
    let names = handlers.iter().map(stored_name);
    let arms = handlers.iter().map(arm);
    quote! {
        const _: () = {
            #[automatically_derived]
            impl #es_core::Projection for #self_ty {
                const NAME: &'static ::core::primitive::str = #name;
                const VERSION: ::core::primitive::u32 = #version;
                const SUBSCRIBED_TO: &'static [&'static ::core::primitive::str] = &[#(#names),*];
                fn handle<'a>(
                    &'a mut self,
                    event: &'a #es_core::StoredEvent,
                    batch: &'a mut #es_core::Batch<'_>,
                ) -> #es_core::BoxFuture<'a, #private::Result<(), #es_core::ProjectionError>> {
                    let _ = &batch;
                    let _ = event;
                    #private::Box::pin(async move { #(#arms)* #private::Ok(()) })
                }
            }
            #private::assert_distinct(<#self_ty as #es_core::Projection>::SUBSCRIBED_TO);
        };
    }
}

fn stored_name(handler: &Handler) -> TokenStream {
    let Handler { cfgs, event, .. } = handler;
    let es_core = paths::es_core(handler.span());
    quote_spanned!(handler.span()=> #(#cfgs)* <#event as #es_core::Event>::NAME)
}

/// One handler: decode, make the context that the method asks for, call it, take what it returns.
fn arm(handler: &Handler) -> TokenStream {
    let Handler { cfgs, event, method, parameter, context, asyncness, output, .. } = handler;
    let span = handler.span();
    let (es_core, private) = (paths::es_core(span), paths::private(span));
    let event_argument = quote_spanned!(parameter.span()=> &decoded);
    let (make, argument) = match context {
        None => (TokenStream::new(), TokenStream::new()),
        Some(context) => {
            let span = context.ty.span();
            let private = paths::private(span);
            let exclusive = context.exclusive.then(|| quote!(mut));
            let make = quote_spanned!(span=> let #exclusive cx = #private::context(batch)?;);
            (make, quote_spanned!(span=> , & #exclusive cx))
        }
    };
    let wait = asyncness.map(|_| quote!(.await));
    let private_at_output = paths::private(output.span());
    let call = quote_spanned!(span=> Self::#method(self, #event_argument #argument) #wait);
    let finish = quote_spanned!(output.span()=> #private_at_output::finish(outcome));
    quote_spanned! {span=>
        #(#cfgs)*
        if event.name == <#event as #es_core::Event>::NAME {
            let decoded = #private::event::<#event>(event)?;
            #make
            let outcome = #call;
            return #finish;
        }
    }
}
