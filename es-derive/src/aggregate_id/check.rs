//! What an id must be, as far as it can be told without types.

use syn::{Attribute, Data, Field};

use super::model::{Draft, OnlyField};
use crate::errors::Errors;

pub(crate) fn check<'a>(draft: &'a Draft, errors: &mut Errors) -> Option<OnlyField<'a>> {
    let item = &draft.item;
    let expected = format!("an id is a newtype: write `struct {}(Uuid);`", item.ident);
    let mut field = None;
    match &item.data {
        Data::Struct(data) => {
            let mut fields = data.fields.iter().zip(data.fields.members());
            field = fields.next().map(|(Field { ty, attrs, .. }, member)| {
                refuse_options(attrs, errors);
                OnlyField { member, ty }
            });
            match (&field, fields.next()) {
                (_, Some((second, _))) => errors.at(second, expected),
                (None, None) => errors.at(&item.ident, expected),
                (Some(_), None) => {}
            }
        }
        Data::Enum(data) => errors.at(data.enum_token, expected),
        Data::Union(data) => errors.at(data.union_token, expected),
    }
    if !item.generics.params.is_empty() {
        errors.at(&item.generics, "an id has no generic parameters: write a newtype for each kind");
    }
    field.filter(|_| errors.is_empty())
}

fn refuse_options(attrs: &[Attribute], errors: &mut Errors) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("aggregate_id")) {
        errors.at(attr, "`#[aggregate_id(..)]` belongs on the struct: move it there");
    }
}
