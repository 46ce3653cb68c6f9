//! `#[aggregate(..)]`

mod check;
mod expand;
mod model;
mod stub;

pub(crate) use model::own_name;

use proc_macro2::TokenStream;
use quote::ToTokens as _;

use crate::errors::Errors;
use crate::handler;

pub(crate) fn attribute(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut block = match handler::block(item, "aggregate") {
        Ok(block) => block,
        Err(output) => return output,
    };
    let mut errors = Errors::default();
    let (model, parts) = model::read(options, &mut block, &mut errors);
    // The user's block first, so that editors find their way in it.
    let mut output = block.to_token_stream();
    match model {
        Some(model) if errors.is_empty() => output.extend(expand::expand(&model)),
        _ => output.extend(stub::expand(&block, &parts)),
    }
    output.extend(errors.into_tokens());
    output
}
