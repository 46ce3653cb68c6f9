//! What the user wrote about a projection.

use proc_macro2::TokenStream;
use syn::{ItemImpl, LitStr, Type};

use crate::aggregate::own_name;
use crate::attr::{Options, check_name};
use crate::errors::Errors;
use crate::handler::{self, Handler, Receiver};

const OPTIONS: &[&str] = &["name = \"…\"", "version = 2"];

pub(crate) struct Model {
    pub(crate) self_ty: Type,
    pub(crate) name: LitStr,
    pub(crate) version: u32,
    pub(crate) handlers: Vec<Handler>,
}

/// `None` when not even a stub can be made of it.
pub(crate) fn read(
    options: TokenStream,
    block: &mut ItemImpl,
    errors: &mut Errors,
) -> Option<Model> {
    handler::check_block(block, "projection", errors);
    let mut options = Options::parse(options, OPTIONS, errors);
    let name = options.string("name", errors).filter(|name| check_name(name, errors));
    let version = options.count("version", errors).unwrap_or(1);
    let (handlers, _) = handler::take(block, errors);
    for handler in handlers.iter().filter(|handler| matches!(handler.receiver, Receiver::None)) {
        let message = "a projection's handler has a receiver: write `&self` or `&mut self`";
        errors.at(&handler.method, message);
    }
    let usable = block.trait_.is_none() && block.generics.params.is_empty();
    let self_ty = (*block.self_ty).clone();
    let name = name.or_else(|| own_name(&self_ty)).filter(|_| usable)?;
    Some(Model { self_ty, name, version, handlers })
}
