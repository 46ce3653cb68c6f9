//! The block that `#[aggregate]` and `#[projection]` stand on.

use proc_macro2::TokenStream;
use syn::{Item, ItemImpl};

use crate::errors::Errors;

/// The impl; `None` when it is something else, which has been noted.
pub(crate) fn parse(item: TokenStream, macro_name: &str, errors: &mut Errors) -> Option<ItemImpl> {
    match errors.ok(syn::parse2::<Item>(item))? {
        Item::Impl(item) => {
            check(&item, macro_name, errors);
            Some(item)
        }
        other => {
            // The keyword is enough of the item to point at.
            let keyword = quote::ToTokens::into_token_stream(without_attributes(other));
            errors.at(
                keyword.into_iter().next(),
                format!("`#[{macro_name}]` stands on an `impl` block: move it to the one with the handlers"),
            );
            None
        }
    }
}

fn check(item: &ItemImpl, macro_name: &str, errors: &mut Errors) {
    if let Some((path, _)) = &item.trait_ {
        errors.at(
            path,
            format!("`#[{macro_name}]` stands on an inherent impl: write `impl` without a trait"),
        );
    }
    if !item.generics.params.is_empty() {
        errors.at(
            &item.generics,
            format!("`#[{macro_name}]` needs one known type: remove the generic parameters"),
        );
    }
}

fn without_attributes(mut item: Item) -> Item {
    match &mut item {
        Item::Struct(item) => item.attrs.clear(),
        Item::Enum(item) => item.attrs.clear(),
        Item::Union(item) => item.attrs.clear(),
        Item::Fn(item) => item.attrs.clear(),
        Item::Mod(item) => item.attrs.clear(),
        Item::Trait(item) => item.attrs.clear(),
        Item::Type(item) => item.attrs.clear(),
        _ => {}
    }
    item
}
