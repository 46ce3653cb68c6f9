//! From syntax to what `#[aggregate]` was asked for.

use proc_macro2::TokenStream;
use syn::{LitInt, LitStr, Type};

use crate::attr::Setting;
use crate::block::Block;
use crate::errors::Errors;
use crate::handlers::Handler;

/// An impl as it was written.
pub(crate) struct Draft {
    pub(crate) block: Block,
    pub(crate) id: Option<Type>,
    pub(crate) ignores_unknown: bool,
    pub(crate) snapshots: Option<Snapshots>,
}

/// `snapshot(every = 100)`
pub(crate) struct Snapshots {
    /// The option itself.
    pub(crate) option: Setting,
    pub(crate) every: Option<LitInt>,
}

/// A valid aggregate.
pub(crate) struct Aggregate<'a> {
    pub(crate) draft: &'a Draft,
    pub(crate) name: &'a LitStr,
    pub(crate) id: &'a Type,
    pub(crate) handlers: Vec<Handler<'a>>,
}

/// `None` when there is no impl to speak of.
pub(crate) fn read(options: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Draft> {
    const NO_ID: &str =
        "`id` is missing: write `id = Uuid`, or the newtype that identifies the aggregate";
    let (block, mut options) = Block::read("aggregate", options, item, errors)?;
    let id = options.take("id", errors);
    if id.is_none() {
        errors.whole(NO_ID);
    }
    let id = id.and_then(|setting| setting.type_path("Uuid", errors));
    let known = |text: &LitStr| ["ignore", "error"].contains(&&*text.value());
    let unknown = options.take("unknown", errors).and_then(|setting| {
        setting.value("`\"ignore\"` or `\"error\"`", "\"ignore\"", known, errors)
    });
    let ignores_unknown = unknown.is_some_and(|unknown| unknown.value() == "ignore");
    let snapshots = options.take("snapshot", errors).map(|option| snapshots(option, errors));
    options.finish(&["name", "id", "ignores", "unknown", "snapshot", "crate"], errors);
    Some(Draft { block, id, ignores_unknown, snapshots })
}

fn snapshots(option: Setting, errors: &mut Errors) -> Snapshots {
    let mut options = option.options("every = 100", errors);
    let every = options.take("every", errors).and_then(|every| every.number("100", errors));
    options.finish(&["every"], errors);
    Snapshots { option, every }
}
