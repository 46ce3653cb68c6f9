//! `#[derive(AggregateId)]`.

mod check;
mod expand;
pub(crate) mod model;

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::fallback;

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(draft) = model::read(item, &mut errors) else { return errors.items() };
    match check::check(&draft, &mut errors) {
        Some(field) => expand::expand(&draft, &field),
        None => fallback::aggregate_id(&draft, &errors),
    }
}
