//! What the user wrote about an event.

use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Generics, Ident, LitStr};

use crate::attr::{Options, check_name};
use crate::errors::Errors;

const OPTIONS: &[&str] = &["name = \"…\"", "version = 2"];

pub(crate) struct Model {
    pub(crate) ident: Ident,
    /// Not allowed, but kept for the stub that stands in for a refused event.
    pub(crate) generics: Generics,
    pub(crate) name: LitStr,
    pub(crate) version: u32,
}

impl Model {
    pub(crate) fn of(input: DeriveInput, errors: &mut Errors) -> Self {
        let DeriveInput { ident, generics, data, attrs, .. } = input;
        match &data {
            Data::Struct(_) => {}
            Data::Enum(data) => errors.at(
                data.enum_token,
                "an event is a struct: write one struct for each thing that can happen",
            ),
            Data::Union(data) => {
                errors.at(data.union_token, "an event is a struct: a union cannot be stored");
            }
        }
        if !generics.params.is_empty() {
            errors.at(&generics, "an event is not generic: write one struct for each kind");
        }
        let mut options = Options::of_helper(&attrs, "event", OPTIONS, errors);
        let own_name = LitStr::new(&ident.unraw().to_string(), ident.span());
        let name = options.string("name", errors).filter(|name| check_name(name, errors));
        let version = options.count("version", errors).unwrap_or(1);
        Self { ident, generics, name: name.unwrap_or(own_name), version }
    }
}
