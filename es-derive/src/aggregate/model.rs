//! From syntax to what `#[aggregate]` was asked for.

use proc_macro2::TokenStream;
use syn::{Attribute, ItemImpl, LitStr, Signature, Type};

use crate::attr::Options;
use crate::errors::Errors;
use crate::handlers::{self, Inputs, Marked};
use crate::paths::Paths;
use crate::{impl_block, name};

/// An impl as it was written.
pub(crate) struct Draft {
    /// Without helper attributes.
    pub(crate) item: ItemImpl,
    pub(crate) paths: Paths,
    pub(crate) name: Option<LitStr>,
    pub(crate) id: Option<Type>,
    pub(crate) ignores: Vec<Type>,
    pub(crate) ignores_unknown: bool,
    pub(crate) handlers: Vec<Marked>,
}

/// A valid aggregate.
pub(crate) struct Aggregate<'a> {
    pub(crate) item: &'a ItemImpl,
    pub(crate) paths: &'a Paths,
    /// Uses of the attributes taken from it.
    pub(crate) uses: TokenStream,
    pub(crate) name: &'a LitStr,
    pub(crate) id: &'a Type,
    pub(crate) ignores: &'a [Type],
    pub(crate) ignores_unknown: bool,
    pub(crate) handlers: Vec<Handler<'a>>,
}

/// A valid handler.
pub(crate) struct Handler<'a> {
    pub(crate) cfgs: &'a [Attribute],
    pub(crate) event: &'a Type,
    pub(crate) signature: &'a Signature,
    pub(crate) inputs: Inputs,
    /// What a handler without receiver returns; `None` when it has `&mut self`.
    pub(crate) begins: Option<&'a Type>,
}

/// `None` when there is no impl to speak of.
pub(crate) fn read(options: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<Draft> {
    let mut item = impl_block::parse(item, "aggregate", errors)?;
    let mut options = Options::parse(options, errors);
    let paths = Paths::take(&mut options, errors);
    let name = options.take("name", errors);
    let name =
        name::of_type(&item.self_ty).map(|default| name::stored(name.as_ref(), default, errors));
    let id = options.take("id", errors);
    if id.is_none() {
        errors.whole(
            "`id` is missing: write `id = Uuid`, or the newtype that identifies the aggregate",
        );
    }
    let id = id.and_then(|setting| setting.type_path("Uuid", errors));
    let ignores = options.take("ignores", errors);
    let ignores = ignores.map_or_else(Vec::new, |list| list.type_paths("EventType", errors));
    let unknown = options.take("unknown", errors);
    let unknown = unknown.and_then(|setting| setting.one_of(&["ignore", "error"], errors));
    let ignores_unknown = unknown.is_some_and(|unknown| unknown == "ignore");
    options.finish(&["name", "id", "ignores", "unknown", "crate"], errors);
    let handlers = handlers::take(&mut item, errors);
    Some(Draft { item, paths, name, id, ignores, ignores_unknown, handlers })
}
