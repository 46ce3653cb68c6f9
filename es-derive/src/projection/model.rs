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
    options.finish(&["name", "version", "crate"], errors);
    let handlers = handlers::take(&mut item, errors);
    Some(Draft { item, paths, name, version, handlers })
}
