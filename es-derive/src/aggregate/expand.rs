//! From a valid aggregate to its impls.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::model::{Aggregate, Draft, Snapshots};
use crate::handlers::{EventRef, Handler, output};
use crate::paths::{Paths, local, self_alias};
use crate::span;

/// One event of the table.
struct Row<'a> {
    event: EventRef<'a>,
    /// `HANDLER` or `IGNORED`.
    kind: &'static str,
    /// What the event does.
    apply: TokenStream,
}

/// ```text
/// #[aggregate(name = "account", id = AccountId)] impl Account { … }
/// =>
/// impl Account { … }
/// const _: () = {
///     type __Self = Account;
///     type __Event0 = Opened;
///     const _: () = ::es_core::__private::assert_event::<__Event0>();
///     impl ::es_core::Aggregate for __Self { type Id = AccountId; … }
///     // and for each event that is handled or ignored
///     impl ::es_core::Handles<__Event0> for __Self { … }
///     impl ::es_core::IntoEvents<__Self> for __Event0 { … }
///     const _: () = ::es_core::__private::assert_once::<__Self>(…);
/// };
/// ```
pub(crate) fn expand(aggregate: &Aggregate<'_>) -> TokenStream {
    let (block, paths) = (&aggregate.draft.block, &aggregate.draft.block.paths);
    let handled = aggregate.handlers.iter().map(|handler| Row {
        event: handler.event,
        kind: "HANDLER",
        apply: apply(paths, handler),
    });
    let ignored =
        block.ignored().map(|event| Row { event, kind: "IGNORED", apply: ignore(paths, event) });
    let rows: Vec<_> = handled.chain(ignored).collect();
    let trait_impl = trait_impl(aggregate, &rows);
    let impls = rows.iter().map(|row| impls(paths, row));
    block.expand(&quote!(#trait_impl #(#impls)*))
}

fn trait_impl(aggregate: &Aggregate<'_>, rows: &[Row<'_>]) -> TokenStream {
    let Aggregate { draft, name, id, handlers } = aggregate;
    let Draft { block, ignores_unknown, .. } = draft;
    let here = span::of_type(&block.item.self_ty);
    let (this, paths) = (self_alias(here), &block.paths);
    let (es, private) = (paths.es_core(here), paths.private(here));
    let rows = rows.iter().map(|Row { event, kind, .. }| {
        let (cfgs, event, kind) = (event.cfgs, event.alias(event.here()), Ident::new(kind, here));
        quote_spanned!(here=> #(#cfgs)* #private::Row::<Self, #event>::#kind)
    });
    let unknown = ignores_unknown.then(
        || quote_spanned!(here=> const UNKNOWN: #es::UnknownEvents = #es::UnknownEvents::Ignore;),
    );
    let snapshots = draft.snapshots.as_ref().map(|snapshots| self::snapshots(paths, snapshots));
    let beginning = local("beginning");
    let begins = handlers.iter().filter(|handler| output(handler.signature).is_some());
    let begins = begins.map(|Handler { event: EventRef { cfgs, .. }, .. }| {
        quote_spanned!(here=> #(#cfgs)* let #beginning = #private::WithEvent;)
    });
    let category = {
        let there = span::of_type(id);
        let private = paths.private(there);
        quote_spanned!(there=> const _: () = #private::assert_category::<#this>();)
    };
    quote_spanned! {here=>
        #[automatically_derived]
        impl #private::one_impl_block_has_aggregate_so_move_all_handlers_into_it for #this {}
        #[automatically_derived]
        impl #es::Aggregate for #this {
            type Id = #id;
            const NAME: #private::Text = #name;
            const HANDLERS: &'static [#es::Handler<Self>] = &[#(#rows),*];
            #unknown
            #snapshots
            #[allow(unused_variables)]
            fn initial() -> #private::Option<Self> {
                let #beginning = #private::WithDefault;
                #(#begins)*
                #beginning.initial::<Self>()
            }
        }
        #category
    }
}

/// Placed at the option: it is there that a missing `#[derive(Snapshot)]` is reported.
fn snapshots(paths: &Paths, Snapshots { option, every }: &Snapshots) -> TokenStream {
    let here = option.key().span();
    let (es, private) = (paths.es_core(here), paths.private(here));
    let every = every.as_ref().map_or_else(|| quote!(100), quote::ToTokens::to_token_stream);
    quote_spanned! {here=>
        const SNAPSHOTS: #private::Option<#es::SnapshotPolicy<Self>> =
            #private::Some(#private::snapshots::<Self>(#every));
    }
}

/// Placed at the event in `#[handles(..)]` or `ignores(..)` as a whole, so that what the compiler finds wrong is reported
/// there.
fn impls(paths: &Paths, Row { event, kind, apply }: &Row<'_>) -> TokenStream {
    let (here, cfgs) = (event.here(), event.cfgs);
    let (this, event, kind) = (self_alias(here), event.alias(here), Ident::new(kind, here));
    let (es, private) = (paths.es_core(here), paths.private(here));
    let [state, given, cx] = ["state", "event", "cx"].map(local);
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
        const _: () = #private::assert_once::<#this>(&#private::Row::<#this, #event>::#kind);
    }
}

/// What an ignored event does.
fn ignore(paths: &Paths, event: EventRef<'_>) -> TokenStream {
    let here = event.here();
    let (private, event, state) = (paths.private(here), event.alias(here), local("state"));
    quote_spanned!(here=> #private::Row::<Self, #event>::ignore(#state))
}

/// The call of the user's method.
fn apply(paths: &Paths, handler: &Handler<'_>) -> TokenStream {
    let here = handler.event.here();
    let (private, event) = (paths.private(here), handler.event.alias(here));
    let [state, given, cx, this, returned] =
        ["state", "event", "cx", "this", "returned"].map(local);
    let (method, given) = (&handler.signature.ident, handler.argument(paths, &given));
    let cx = handler.context.map(|context| {
        let there = span::of_type(&context.elem);
        let private = paths.private(there);
        quote_spanned!(there=> , #private::as_context::<_>(#cx))
    });
    let Some(output) = output(handler.signature) else {
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
