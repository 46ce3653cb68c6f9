//! From syntax to what `#[derive(Snapshot)]` was asked for.

use proc_macro2::TokenStream;
use syn::{DeriveInput, LitInt};

use super::shape::Shape;
use crate::attr::Options;
use crate::errors::Errors;
use crate::paths::Paths;

/// A type as it was written.
pub(crate) struct Draft {
    pub(crate) item: DeriveInput,
    pub(crate) paths: Paths,
    pub(crate) version: Option<LitInt>,
}

/// A valid state.
pub(crate) struct Snapshot<'a> {
    pub(crate) draft: &'a Draft,
    pub(crate) shape: Shape<'a>,
}

/// `None` when there is no type to speak of.
pub(crate) fn read(item: TokenStream, errors: &mut Errors) -> Option<Draft> {
    let item: DeriveInput = errors.ok(syn::parse2(item))?;
    let mut options = Options::of(&item.attrs, "snapshot", "#[snapshot(version = 2)]", errors);
    let paths = Paths::take(&mut options, errors);
    let version = options.take("version", errors).and_then(|setting| setting.version(errors));
    options.finish(&["version", "crate"], errors);
    Some(Draft { item, paths, version })
}
