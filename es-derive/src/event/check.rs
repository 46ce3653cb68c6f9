//! What an event must be.

use syn::Data;

use super::model::{Draft, Event};
use crate::attr::Options;
use crate::errors::Errors;
use crate::name;

/// The versions that every store can hold.
const MAX_VERSION: u32 = i32::MAX.cast_unsigned();

const EXAMPLE: &str = "#[event(name = \"…\", version = 1)]";

pub(crate) fn check<'a>(draft: &'a Draft, errors: &mut Errors) -> Option<Event<'a>> {
    let item = &draft.item;
    match &item.data {
        Data::Struct(_) => {}
        Data::Enum(data) => errors.at(
            data.enum_token,
            "an event is a struct: make each variant a struct of its own with `#[derive(Event)]`",
        ),
        Data::Union(data) => errors.at(data.union_token, "an event is a struct: write `struct`"),
    }
    if !item.generics.params.is_empty() {
        errors.at(
            &item.generics,
            "an event has no generic parameters: a stored event must have one known type",
        );
    }
    let mut options = Options::of(&item.attrs, "event", EXAMPLE, errors);
    let name = options.take("name", errors);
    let name = name::stored(name.as_ref(), &item.ident, errors);
    let version = options.take("version", errors);
    let version = version.and_then(|setting| setting.number(MAX_VERSION, errors));
    options.finish(&["name", "version"], errors);
    errors.is_empty().then_some(Event { ident: &item.ident, name, version })
}
