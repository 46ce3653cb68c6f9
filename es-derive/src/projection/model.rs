//! From syntax to what `#[projection]` was asked for.

use proc_macro2::TokenStream;
use syn::{LitInt, LitStr, Type};

use super::read_models;
use super::reset::{self, Reset};
use crate::block::Block;
use crate::errors::Errors;
use crate::handlers::Handler;

/// An impl as it was written.
pub(crate) struct Draft {
    pub(crate) block: Block,
    pub(crate) version: Option<LitInt>,
    /// The aggregates of which no event may be forgotten.
    pub(crate) of: Vec<Type>,
    /// The read models whose rows the handlers write.
    pub(crate) read_models: Vec<Type>,
    /// The methods with `#[reset]`: more than one only under conditions.
    pub(crate) resets: Vec<reset::Marked>,
}

/// A valid projection.
pub(crate) struct Projection<'a> {
    pub(crate) draft: &'a Draft,
    pub(crate) name: &'a LitStr,
    pub(crate) handlers: Vec<Handler<'a>>,
    pub(crate) resets: Vec<Reset<'a>>,
}

/// `None` when there is no impl to speak of.
pub(crate) fn read(options: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Draft> {
    let (mut block, mut options) = Block::read("projection", options, item, errors)?;
    let version = options.take("version", errors);
    let version = version.and_then(|setting| setting.version(errors));
    let of = options.take("of", errors);
    if let (None, Some(setting)) = (&of, &block.ignores) {
        errors.at(setting, "`ignores` without `of` says nothing, for a projection leaves alone what it does not handle: write `of(Aggregate)` too, or remove it");
    }
    let of = of.map_or_else(Vec::new, |list| list.type_paths("Aggregate", errors));
    let read_models = options.take("read_models", errors);
    let read_models = read_models.map_or_else(Vec::new, |list| list.type_paths("Row", errors));
    read_models::refuse_repeats(&read_models, errors);
    options.finish(&["name", "version", "read_models", "of", "ignores", "crate"], errors);
    let resets = reset::take(&mut block, errors);
    Some(Draft { block, version, of, read_models, resets })
}
