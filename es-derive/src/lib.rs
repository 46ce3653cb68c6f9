//! The macros of `es-core`: use and read about them there.
//!
//! Every macro has three steps in three files: `model` turns syntax into our own structs and says what is wrong
//! with it, `check` holds the rules that need more than one attribute, `expand` writes the code and cannot fail.

mod aggregate;
mod attr;
mod errors;
mod event;
mod handler;
mod paths;
mod projection;
mod read_model;

use proc_macro::TokenStream;

/// Documented at `es_core::Event`.
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(item: TokenStream) -> TokenStream {
    event::derive(item.into()).into()
}

/// Documented at `es_core::ReadModel`.
#[proc_macro_derive(ReadModel, attributes(read_model))]
pub fn derive_read_model(item: TokenStream) -> TokenStream {
    read_model::derive(item.into()).into()
}

/// Documented at `es_core::aggregate`.
#[proc_macro_attribute]
pub fn aggregate(options: TokenStream, item: TokenStream) -> TokenStream {
    aggregate::attribute(options.into(), item.into()).into()
}

/// Documented at `es_core::projection`.
#[proc_macro_attribute]
pub fn projection(options: TokenStream, item: TokenStream) -> TokenStream {
    projection::attribute(options.into(), item.into()).into()
}

/// Documented at `es_core::handles`.
#[proc_macro_attribute]
pub fn handles(_event: TokenStream, item: TokenStream) -> TokenStream {
    handler::misplaced(item.into()).into()
}
