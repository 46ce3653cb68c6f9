//! `#[derive(Event)]`

mod expand;
mod model;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::errors::Errors;

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let model = model::Model::of(input, &mut errors);
    let mut output = expand::expand(&model);
    output.extend(errors.into_tokens());
    output
}
