//! What a state must be, as far as it can be told without types.

use syn::{Attribute, Data, Field};

use super::model::{Draft, Snapshot};
use super::shape::Shape;
use crate::attr::Options;
use crate::errors::Errors;

pub(crate) fn check<'a>(draft: &'a Draft, errors: &mut Errors) -> Option<Snapshot<'a>> {
    const GENERIC: &str = "a snapshot is of one known type: remove the generic parameters";
    const UNION: &str = "a snapshot is written by serde, which knows no unions: write `struct`";
    let item = &draft.item;
    match &item.data {
        Data::Struct(data) => check_fields(data.fields.iter(), errors),
        Data::Enum(data) => {
            for variant in &data.variants {
                refuse_options(&variant.attrs, errors);
                check_fields(variant.fields.iter(), errors);
            }
        }
        Data::Union(data) => errors.at(data.union_token, UNION),
    }
    if !item.generics.params.is_empty() {
        errors.at(&item.generics, GENERIC);
    }
    errors.is_empty().then(|| Snapshot { draft, shape: Shape::of(draft) })
}

fn check_fields<'a>(fields: impl Iterator<Item = &'a Field>, errors: &mut Errors) {
    const LOST: &str = "a snapshot without this field would not be the state: remove this option, or implement `Snapshot` \
                        by hand and make the field anew";
    for field in fields {
        refuse_options(&field.attrs, errors);
        // What serde does not understand, serde reports.
        let mut of_serde = Errors::default();
        let mut options = Options::of(&field.attrs, "serde", "", &mut of_serde);
        for option in ["skip", "skip_serializing", "skip_deserializing"] {
            if let Some(option) = options.take(option, &mut of_serde) {
                errors.at(option, LOST);
            }
        }
    }
}

fn refuse_options(attrs: &[Attribute], errors: &mut Errors) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("snapshot")) {
        errors.at(attr, "`#[snapshot(..)]` is about the whole state: move it to the type");
    }
}
