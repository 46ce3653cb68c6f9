//! From syntax to what `#[projection]` was asked for.

use proc_macro2::TokenStream;
use syn::{Attribute, ItemImpl, LitInt, LitStr, Signature, Type};

use crate::attr::Options;
use crate::errors::Errors;
use crate::handlers::{self, Inputs, Marked};
use crate::paths::Paths;
use crate::{impl_block, name};

/// The versions that every store can hold.
const MAX_VERSION: u32 = i32::MAX.cast_unsigned();

/// An impl as it was written.
pub(crate) struct Draft {
    /// Without helper attributes.
    pub(crate) item: ItemImpl,
    pub(crate) paths: Paths,
    pub(crate) name: Option<LitStr>,
    pub(crate) version: Option<LitInt>,
    /// The aggregates of which no event may be forgotten.
    pub(crate) of: Vec<Type>,
    pub(crate) ignores: Vec<Type>,
    pub(crate) handlers: Vec<Marked>,
}

/// A valid projection.
pub(crate) struct Projection<'a> {
    pub(crate) item: &'a ItemImpl,
    pub(crate) paths: &'a Paths,
    /// Uses of the attributes taken from it.
    pub(crate) uses: TokenStream,
    pub(crate) name: &'a LitStr,
    pub(crate) version: Option<&'a LitInt>,
    pub(crate) of: &'a [Type],
    pub(crate) ignores: &'a [Type],
    pub(crate) handlers: Vec<Handler<'a>>,
}

/// A valid handler.
pub(crate) struct Handler<'a> {
    pub(crate) cfgs: &'a [Attribute],
    pub(crate) event: &'a Type,
    pub(crate) signature: &'a Signature,
    pub(crate) inputs: Inputs,
}

/// `None` when there is no impl to speak of.
pub(crate) fn read(options: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Draft> {
    let mut item = impl_block::parse(item, "projection", errors)?;
    let mut options = Options::parse(options, errors);
    let paths = Paths::take(&mut options, errors);
    let name = options.take("name", errors);
    let name =
        name::of_type(&item.self_ty).map(|default| name::stored(name.as_ref(), default, errors));
    let version = options.take("version", errors);
    let version = version.and_then(|setting| setting.number(MAX_VERSION, errors));
    let (of, ignores) = (options.take("of", errors), options.take("ignores", errors));
    if let (None, Some(setting)) = (&of, &ignores) {
        errors.at(setting, "`ignores` without `of` says nothing, for a projection leaves alone what it does not handle: write `of(Aggregate)` too, or remove it");
    }
    let of = of.map_or_else(Vec::new, |list| list.type_paths("Aggregate", errors));
    let ignores = ignores.map_or_else(Vec::new, |list| list.type_paths("EventType", errors));
    options.finish(&["name", "version", "of", "ignores", "crate"], errors);
    let handlers = handlers::take(&mut item, errors);
    Some(Draft { item, paths, name, version, of, ignores, handlers })
}
