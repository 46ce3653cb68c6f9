//! From syntax to what `#[derive(Event)]` was asked for.

use proc_macro2::{Ident, TokenStream};
use syn::{DeriveInput, LitInt, LitStr};

use crate::attr::Options;
use crate::errors::Errors;
use crate::name;
use crate::paths::Paths;

/// The versions that every store can hold.
const MAX_VERSION: u32 = i32::MAX.cast_unsigned();

/// A type as it was written.
pub(crate) struct Draft {
    pub(crate) item: DeriveInput,
    pub(crate) paths: Paths,
    pub(crate) name: LitStr,
    pub(crate) version: Option<LitInt>,
}

/// A valid event.
pub(crate) struct Event<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) paths: &'a Paths,
    pub(crate) name: &'a LitStr,
    pub(crate) version: Option<&'a LitInt>,
}

/// `None` when there is no type to speak of.
pub(crate) fn read(item: TokenStream, errors: &mut Errors) -> Option<Draft> {
    const EXAMPLE: &str = "#[event(name = \"…\", version = 1)]";
    let item: DeriveInput = errors.ok(syn::parse2(item))?;
    let mut options = Options::of(&item.attrs, "event", EXAMPLE, errors);
    let paths = Paths::take(&mut options, errors);
    let name = options.take("name", errors);
    let name = name::stored(name.as_ref(), &item.ident, errors);
    let version = options.take("version", errors);
    let version = version.and_then(|setting| setting.number(MAX_VERSION, errors));
    options.finish(&["name", "version", "crate"], errors);
    Some(Draft { item, paths, name, version })
}
