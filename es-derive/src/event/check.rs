//! What an event must be.

use syn::Data;

use super::model::{Draft, Event};
use crate::errors::Errors;

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
    let Draft { paths, name, version, .. } = draft;
    errors.is_empty().then_some(Event {
        ident: &item.ident,
        paths,
        name,
        version: version.as_ref(),
    })
}
