//! From syntax to what `#[derive(AggregateId)]` was asked for.

use proc_macro2::TokenStream;
use syn::{DeriveInput, LitStr, Member, Type};

use crate::attr::Options;
use crate::errors::Errors;
use crate::name;
use crate::paths::Paths;

/// A type as it was written.
pub(crate) struct Draft {
    pub(crate) item: DeriveInput,
    pub(crate) paths: Paths,
    pub(crate) category: Option<LitStr>,
}

/// The only field.
pub(crate) struct OnlyField<'a> {
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
}

/// `None` when there is no type to speak of.
pub(crate) fn read(item: TokenStream, errors: &mut Errors) -> Option<Draft> {
    const EXAMPLE: &str = "#[aggregate_id(category = \"…\")]";
    let item: DeriveInput = errors.ok(syn::parse2(item))?;
    let mut options = Options::of(&item.attrs, "aggregate_id", EXAMPLE, errors);
    let paths = Paths::take(&mut options, errors);
    let category = options.take("category", errors);
    let category = category.and_then(|setting| setting.string(errors));
    if let Some(category) = &category {
        name::check(category, "write the aggregate's, or leave `category` out", errors);
    }
    options.finish(&["category", "crate"], errors);
    Some(Draft { item, paths, category })
}
