//! From a valid aggregate to its impls.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Type};

use super::model::{Aggregate, Handler};
use crate::paths::{Paths, event_alias, self_alias, static_str};
use crate::{handlers, span};

/// ```text
/// #[aggregate(name = "account", id = AccountId)] impl Account { … }
/// =>
/// impl Account { … }
/// const _: () = {
///     type __Self = Account;
///     type __Event0 = Opened;
///     impl ::es_core::Aggregate for __Self { type Id = AccountId; … }
///     // and for each event that is handled or ignored
///     impl ::es_core::Handles<__Event0> for __Self { … }
///     impl ::es_core::IntoEvents<__Self> for __Event0 { … }
///     const _: () = ::es_core::__private::assert_event::<__Event0>();
///     const _: () = ::es_core::__private::assert_once::<__Self>(…);
/// };
/// ```
pub(crate) fn expand(aggregate: &Aggregate<'_>) -> TokenStream {
    let here = Span::mixed_site();
    let Aggregate { item, paths, uses, handlers, ignores, .. } = aggregate;
    let private = paths.private(here);
    let handled = handlers.iter().map(|h| (h.cfgs, h.event));
    let aliases = handlers::aliases(&item.self_ty, handled, ignores);
    let trait_impl = trait_impl(aggregate);
    let handled = handlers.iter().enumerate().map(|(n, handler)| {
        of_event(paths, n, handler.cfgs, handler.event, "HANDLER", &apply(paths, n, handler))
    });
    let ignored = (handlers.len()..).zip(*ignores);
    let ignored = ignored
        .map(|(n, event)| of_event(paths, n, &[], event, "IGNORED", &ignore(paths, n, event)));
    quote_spanned! {here=>
        #item
        const _: () = {
            #[allow(unused_imports)]
            use #private::NoRow as _;
            #uses
            #aliases
            #trait_impl
            #(#handled)*
            #(#ignored)*
        };
    }
}

fn trait_impl(aggregate: &Aggregate<'_>) -> TokenStream {
    let here = span::of_type(&aggregate.item.self_ty);
    let this = self_alias(here);
    let Aggregate { paths, id, name, handlers, ignores, .. } = aggregate;
    let (es, private, text) = (paths.es_core(here), paths.private(here), static_str(here));
    let rows = handlers.iter().enumerate().map(|(n, Handler { cfgs, event, .. })| {
        let event = event_alias(n, span::of_type(event));
        quote_spanned!(here=> #(#cfgs)* #private::Row::<Self, #event>::HANDLER)
    });
    let ignored = (handlers.len()..).zip(*ignores).map(|(n, event)| {
        let event = event_alias(n, span::of_type(event));
        quote_spanned!(here=> #private::Row::<Self, #event>::IGNORED)
    });
    let rows = rows.chain(ignored);
    let unknown = aggregate.ignores_unknown.then(
        || quote_spanned!(here=> const UNKNOWN: #es::UnknownEvents = #es::UnknownEvents::Ignore;),
    );
    let initial = initial(aggregate);
    let at_id = span::of_type(id);
    let at_id_private = paths.private(at_id);
    let category =
        quote_spanned!(at_id=> const _: () = #at_id_private::assert_category::<#this>(););
    quote_spanned! {here=>
        #[automatically_derived]
        impl #private::one_impl_block_has_aggregate_so_move_all_handlers_into_it for #this {}
        #[automatically_derived]
        impl #es::Aggregate for #this {
            type Id = #id;
            const NAME: #text = #name;
            const HANDLERS: &'static [#es::Handler<Self>] = &[#(#rows),*];
            #unknown
            fn initial() -> #private::Option<Self> {
                #initial
            }
        }
        #category
    }
}

/// `None` when an event begins the stream, else the default. With conditional handlers only the compiler knows which.
fn initial(aggregate: &Aggregate<'_>) -> TokenStream {
    let here = span::of_type(&aggregate.item.self_ty);
    let private = aggregate.paths.private(here);
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

/// Placed at the event in `#[handles(..)]` or `ignores(..)` as a whole, so that what the compiler finds wrong is reported
/// there. `row` is what the event's row is called, `apply` what happens.
fn of_event(
    paths: &Paths,
    n: usize,
    cfgs: &[Attribute],
    event: &Type,
    row: &str,
    apply: &TokenStream,
) -> TokenStream {
    let here = span::of_type(event);
    let (this, event, row) = (self_alias(here), event_alias(n, here), Ident::new(row, here));
    let (es, private) = (paths.es_core(here), paths.private(here));
    let Names { state, event: given, cx, .. } = Names::new();
    quote_spanned! {here=>
        #(#cfgs)*
        #[automatically_derived]
        impl #es::Handles<#event> for #this {
            #[allow(unused_variables)]
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
                #private::Row::<#this, #event>::record(self, events);
            }
        }

        #(#cfgs)*
        const _: () = #private::assert_event::<#event>();
        #(#cfgs)*
        const _: () = #private::assert_once::<#this>(&#private::Row::<#this, #event>::#row);
    }
}

/// What an ignored event does.
fn ignore(paths: &Paths, n: usize, event: &Type) -> TokenStream {
    let here = span::of_type(event);
    let (private, event, state) = (paths.private(here), event_alias(n, here), Names::new().state);
    quote_spanned!(here=> #private::Row::<Self, #event>::ignore(#state))
}

/// The call of the user's method. What the compiler may find wrong about an argument it reports at the type arguments,
/// which are placed at the user's own token; without them it would point at the macro's call.
fn apply(paths: &Paths, n: usize, handler: &Handler<'_>) -> TokenStream {
    let here = span::of_type(handler.event);
    let (private, event) = (paths.private(here), event_alias(n, here));
    let Names { state, event: given, cx, this, returned } = Names::new();
    let method = &handler.signature.ident;
    let given = {
        let there = span::of_type(&handler.inputs.event.ty);
        let (private, event) = (paths.private(there), event_alias(n, there));
        quote_spanned!(there=> #private::as_parameter::<#event, _>(#given))
    };
    let cx = handler.inputs.context.as_ref().map(|context| {
        let there = span::of_type(&context.ty);
        let private = paths.private(there);
        quote_spanned!(there=> , #private::as_context::<_>(#cx))
    });
    let Some(output) = handler.begins else {
        return quote_spanned! {here=>
            #private::Row::<Self, #event>::change(#state, |#this| Self::#method(#this, #given #cx))
        };
    };
    let begun = {
        let there = span::of_type(output);
        let private = paths.private(there);
        quote_spanned!(there=> #private::begun::<Self, _>(#returned))
    };
    quote_spanned! {here=>
        #private::Row::<Self, #event>::begin(#state, || {
            let #returned = Self::#method(#given #cx);
            #begun
        })
    }
}

/// Variables of generated functions, which nothing of the user's can be confused with.
struct Names {
    state: Ident,
    event: Ident,
    cx: Ident,
    this: Ident,
    returned: Ident,
}

impl Names {
    fn new() -> Self {
        let [state, event, cx, this, returned] = ["state", "event", "cx", "this", "returned"]
            .map(|name| Ident::new(name, Span::mixed_site()));
        Self { state, event, cx, this, returned }
    }
}
