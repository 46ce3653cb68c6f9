//! What the user wrote about an aggregate.

use proc_macro2::{Span, TokenStream};
use syn::{ItemImpl, LitStr, Path, Type};

use super::check;
use crate::attr::{Options, check_name};
use crate::errors::Errors;
use crate::handler::{self, Handler};

const OPTIONS: &[&str] = &["name = \"…\"", "id = Uuid"];

pub(crate) struct Model {
    pub(crate) self_ty: Type,
    pub(crate) name: LitStr,
    pub(crate) id: Path,
    pub(crate) handlers: Vec<Handler>,
}

/// What can be used of a block with mistakes in it.
pub(crate) struct Parts {
    pub(crate) id: Option<Path>,
    pub(crate) events: Vec<Path>,
}

pub(crate) fn read(
    options: TokenStream,
    block: &mut ItemImpl,
    errors: &mut Errors,
) -> (Option<Model>, Parts) {
    handler::check_block(block, "aggregate", errors);
    let mut options = Options::parse(options, OPTIONS, errors);
    let name = options.string("name", errors).filter(|name| check_name(name, errors));
    let without_id = errors.is_empty();
    let id = options.path("id", errors);
    if id.is_none() && without_id && errors.is_empty() {
        // What is missing has no token; the call site is the attribute it is missing from.
        errors.push(syn::Error::new(
            Span::call_site(),
            "the type that identifies the aggregate is missing: add `id = Uuid`, or your newtype of one",
        ));
    }
    let (handlers, events) = handler::take(block, errors);
    check::check(&handlers, errors);
    let self_ty = (*block.self_ty).clone();
    let name = name.or_else(|| own_name(&self_ty));
    let parts = Parts { id: id.clone(), events };
    let model = id.zip(name).map(|(id, name)| Model { self_ty, name, id, handlers });
    (model, parts)
}

/// The type's name, as written.
pub(crate) fn own_name(ty: &Type) -> Option<LitStr> {
    use syn::ext::IdentExt as _;
    let Type::Path(path) = ty else { return None };
    let ident = &path.path.segments.last()?.ident;
    Some(LitStr::new(&ident.unraw().to_string(), ident.span()))
}
