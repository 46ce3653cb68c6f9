//! `#[projection]`.

mod check;
mod coverage;
mod expand;
pub(crate) mod model;
mod read_models;
pub(crate) mod reset;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::fallback;

pub(crate) use reset::RESET;

pub(crate) fn attribute(options: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(draft) = model::read(options, item.clone(), &mut errors) else {
        let errors = errors.items();
        return quote!(#item #errors);
    };
    match check::check(&draft, &mut errors) {
        Some(projection) => expand::expand(&projection),
        None => fallback::projection(&draft, &errors),
    }
}
