//! `#[derive(Event)]`.

mod check;
mod expand;
mod model;

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::fallback;

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(draft) = errors.ok(model::read(item)) else { return errors.items() };
    match check::check(&draft, &mut errors) {
        Some(event) => expand::expand(&event),
        None => fallback::event(&draft.item, &errors),
    }
}
