//! The block that `#[aggregate]` and `#[projection]` stand on.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
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
            errors.at(
                keyword(&other),
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

/// What is enough of an item to point at.
fn keyword(item: &Item) -> Option<TokenTree> {
    const KEYWORDS: [&str; 9] =
        ["struct", "enum", "union", "fn", "mod", "trait", "type", "const", "static"];
    let mut tokens = item.to_token_stream().into_iter();
    let first = tokens.clone().next();
    tokens.find(|token| KEYWORDS.contains(&token.to_string().as_str())).or(first)
}
