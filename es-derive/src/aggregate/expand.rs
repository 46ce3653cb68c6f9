//! From a valid aggregate to its impls.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Attribute;

use super::model::{Aggregate, Handler};
use crate::{paths, span};

/// ```text
/// #[aggregate(name = "account", id = AccountId)] impl Account { … }
/// =>
/// impl Account { … }
/// impl ::es_core::Aggregate for Account { type Id = AccountId; … }
/// // and for each handler
/// impl ::es_core::Handles<Opened> for Account { … }
/// impl ::es_core::IntoEvents<Account> for Opened { … }
/// const _: () = ::es_core::__private::assert_once::<Account, Opened>();
/// ```
pub(crate) fn expand(aggregate: &Aggregate<'_>) -> TokenStream {
    let item = aggregate.item;
    let trait_impl = trait_impl(aggregate);
    let handlers = aggregate.handlers.iter().map(|handler| of_handler(aggregate, handler));
    quote! {
        #item
        #trait_impl
        #(#handlers)*
    }
}

fn trait_impl(aggregate: &Aggregate<'_>) -> TokenStream {
    let this = &aggregate.item.self_ty;
    let here = span::of_type(this);
    let (es, private, text) = (paths::es_core(here), paths::private(here), paths::static_str(here));
    let Aggregate { id, name, .. } = aggregate;
    let rows = aggregate.handlers.iter().map(|handler| {
        let Handler { cfgs, event, .. } = handler;
        quote!(#(#cfgs)* #es::Handler::of::<#event>())
    });
    let initial = initial(aggregate);
    quote_spanned! {here=>
        #[automatically_derived]
        impl #es::Aggregate for #this {
            type Id = #id;
            const NAME: #text = #name;
            const HANDLERS: &'static [#es::Handler<Self>] = &[#(#rows),*];
            fn initial() -> #private::Option<Self> {
                #initial
            }
        }
    }
}

/// `None` when an event begins the stream, else the default. With conditional handlers only the compiler knows which.
fn initial(aggregate: &Aggregate<'_>) -> TokenStream {
    let here = span::of_type(&aggregate.item.self_ty);
    let private = paths::private(here);
    let none = quote_spanned!(here=> #private::None);
    let default = quote_spanned!(here=> #private::Some(#private::initial::<Self>()));
    let begins = || aggregate.handlers.iter().filter(|handler| handler.begins.is_some());
    if begins().next().is_none() {
        return default;
    }
    if begins().any(|handler| handler.cfgs.is_empty()) {
        return none;
    }
    let some = begins().map(|handler| all(handler.cfgs));
    let some = quote!(any(#(#some),*));
    quote_spanned! {here=>
        #[cfg(#some)]
        { #none }
        #[cfg(not(#some))]
        { #default }
    }
}

fn all(cfgs: &[Attribute]) -> TokenStream {
    let conditions = cfgs.iter().filter_map(|cfg| Some(&cfg.meta.require_list().ok()?.tokens));
    quote!(all(#(#conditions),*))
}

/// Placed at the event in `#[handles(..)]` as a whole, so that what the compiler finds wrong is reported there.
fn of_handler(aggregate: &Aggregate<'_>, handler: &Handler<'_>) -> TokenStream {
    let Handler { cfgs, event, .. } = handler;
    let here = span::of_type(event);
    let this = span::at(here, &aggregate.item.self_ty);
    let (es, private) = (paths::es_core(here), paths::private(here));
    let apply = apply(handler);
    let [state, given, cx] = names();
    quote_spanned! {here=>
        #(#cfgs)*
        #[automatically_derived]
        impl #es::Handles<#event> for #this {
            fn handle(
                #state: &mut #private::Option<Self>,
                #given: &#event,
                #cx: &#es::EventContext<'_>,
            ) -> #private::Result<(), #es::ReplayError> {
                #apply
            }
        }

        #(#cfgs)*
        #[automatically_derived]
        impl #es::IntoEvents<#this> for #event {
            fn into_events(self, events: &mut #es::Events<#this>) {
                events.push(self);
            }
        }

        #(#cfgs)*
        const _: () = #private::assert_once::<#this, #event>();
    }
}

/// The call of the user's method.
fn apply(handler: &Handler<'_>) -> TokenStream {
    let Handler { event, signature, inputs, begins, .. } = handler;
    let [state, given, cx] = names();
    let here = Span::mixed_site();
    let private = paths::private(here);
    let method = &signature.ident;
    let parameter = &inputs.event.ty;
    let there = span::of_type(parameter);
    let as_event = {
        let (private, event) = (paths::private(there), span::at(there, event));
        quote_spanned!(there=> #private::as_parameter::<#event, #parameter>(#given))
    };
    let context = inputs.context.as_ref().map(|context| {
        let ty = &context.ty;
        let there = span::of_type(ty);
        let private = paths::private(there);
        quote_spanned!(there=> , #private::as_context::<#ty>(#cx))
    });
    let unused = context.is_none().then(|| quote_spanned!(here=> _ = #cx;));
    if begins.is_some() {
        let there = begins.map_or(here, span::of_type);
        let call = quote_spanned!(there=> Self::#method(#as_event #context));
        quote_spanned!(here=> #unused #private::begin::<Self, #event>(#state, || #call))
    } else {
        quote_spanned! {here=>
            #unused
            #private::change::<Self, #event>(#state, |state| Self::#method(state, #as_event #context))
        }
    }
}

/// The parameters of the generated method, which no name of the user's can meet.
fn names() -> [syn::Ident; 3] {
    ["state", "event", "cx"].map(|name| syn::Ident::new(name, Span::mixed_site()))
}
