//! The macros of `es-core`. Use them through `es-core`, where each is documented with examples that compile.

#![expect(missing_docs, reason = "the documentation of a macro sits on its re-export in es-core")]

mod aggregate;
mod aggregate_id;
mod attr;
mod block;
mod errors;
mod event;
mod fallback;
mod handlers;
mod helper;
mod name;
mod paths;
mod projection;
mod read_model;
mod snapshot;
mod span;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

#[proc_macro_derive(Event, attributes(event, upcast))]
pub fn derive_event(item: TokenStream) -> TokenStream {
    event::derive(item.into()).into()
}

#[proc_macro_derive(AggregateId, attributes(aggregate_id))]
pub fn derive_aggregate_id(item: TokenStream) -> TokenStream {
    aggregate_id::derive(item.into()).into()
}

#[proc_macro_derive(ReadModel, attributes(read_model))]
pub fn derive_read_model(item: TokenStream) -> TokenStream {
    read_model::derive(item.into()).into()
}

#[proc_macro_derive(Snapshot, attributes(snapshot))]
pub fn derive_snapshot(item: TokenStream) -> TokenStream {
    snapshot::derive(item.into()).into()
}

#[proc_macro_attribute]
pub fn aggregate(options: TokenStream, item: TokenStream) -> TokenStream {
    aggregate::attribute(options.into(), &item.into()).into()
}

#[proc_macro_attribute]
pub fn projection(options: TokenStream, item: TokenStream) -> TokenStream {
    projection::attribute(options.into(), &item.into()).into()
}

#[proc_macro_attribute]
pub fn handles(event: TokenStream, item: TokenStream) -> TokenStream {
    handlers::HANDLES.outside(&event.into(), &item.into()).into()
}

#[proc_macro_attribute]
pub fn reset(argument: TokenStream, item: TokenStream) -> TokenStream {
    projection::RESET.outside(&argument.into(), &item.into()).into()
}
