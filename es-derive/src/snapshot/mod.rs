//! `#[derive(Snapshot)]`.

mod check;
mod expand;
pub(crate) mod model;
mod shape;

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::fallback;

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(draft) = model::read(item, &mut errors) else { return errors.items() };
    match check::check(&draft, &mut errors) {
        Some(snapshot) => expand::expand(&snapshot),
        None => fallback::snapshot(&draft, &errors),
    }
}
