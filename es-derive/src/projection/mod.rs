//! `#[projection(..)]`

mod expand;
mod model;

use proc_macro2::TokenStream;
use quote::ToTokens as _;

use crate::errors::Errors;
use crate::handler;

pub(crate) fn attribute(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut block = match handler::block(item, "projection") {
        Ok(block) => block,
        Err(output) => return output,
    };
    let mut errors = Errors::default();
    let model = model::read(options, &mut block, &mut errors);
    // The user's block first, so that editors find their way in it.
    let mut output = block.to_token_stream();
    if let Some(model) = model {
        // With mistakes in it: the same impl, which handles nothing.
        let handlers = if errors.is_empty() { &model.handlers[..] } else { &[] };
        output.extend(expand::expand(&model, handlers));
    }
    output.extend(errors.into_tokens());
    output
}
