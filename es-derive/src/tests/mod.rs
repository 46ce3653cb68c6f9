//! The macros as functions from tokens to tokens. How the compiler takes their output is tested in the workspace's
//! `tests`.

mod expansions;
mod no_panic;
mod user_item;

use proc_macro2::TokenStream;

use crate::{aggregate, aggregate_id, event, handlers::HANDLES, projection, read_model, snapshot};

/// A macro: from its options (a derive has none) and the item that it stands on.
type Macro = fn(TokenStream, &TokenStream) -> TokenStream;

/// All of them, by name.
const MACROS: [(&str, Macro); 8] = [
    ("Event", |_, item| event::derive(item.clone())),
    ("AggregateId", |_, item| aggregate_id::derive(item.clone())),
    ("ReadModel", |_, item| read_model::derive(item.clone())),
    ("Snapshot", |_, item| snapshot::derive(item.clone())),
    ("aggregate", aggregate::attribute),
    ("projection", projection::attribute),
    ("handles", |options, item| HANDLES.outside(&options, item)),
    ("reset", |options, item| projection::RESET.outside(&options, item)),
];
