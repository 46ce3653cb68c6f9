//! What an aggregate's handlers must be.

use syn::{ReceiverKind, Signature, Type};

use super::model::{Aggregate, Draft};
use crate::errors::Errors;
use crate::handlers;

pub(crate) fn check<'a>(draft: &'a Draft, errors: &mut Errors) -> Option<Aggregate<'a>> {
    let Draft { block, id, .. } = draft;
    let handlers = block.check("`cx: &EventContext<'_>`", check_signature, errors);
    for token in handlers.iter().filter_map(|handler| handler.context?.mutability) {
        errors.at(token, "the context only tells about the event: write `&EventContext`");
    }
    let (Some(name), Some(id), true) = (&block.name, id, errors.is_empty()) else { return None };
    Some(Aggregate { draft, name, id, handlers })
}

fn check_signature(signature: &Signature, errors: &mut Errors) {
    const BEGINS: &str =
        "a handler without a receiver begins the stream: return `Self`, or take `&mut self`";
    const CHANGES: &str = "a handler changes the state in place: write `&mut self`, or no receiver to begin the stream";
    const RETURNS: &str = "a handler cannot refuse or return anything, the event has happened: remove the return type";
    if let Some(token) = &signature.asyncness {
        errors.at(token, "a handler of an aggregate only applies the event: remove `async`");
    }
    match (signature.receiver(), handlers::output(signature)) {
        (None, None) => errors.at(&signature.ident, BEGINS),
        (None, Some(_)) => {}
        (Some(receiver), output) => {
            if !is_mut_self(&receiver.kind) {
                errors.at(receiver, CHANGES);
            }
            if let Some(output) = output {
                errors.at(output, RETURNS);
            }
        }
    }
}

fn is_mut_self(receiver: &ReceiverKind) -> bool {
    match receiver {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
        ReceiverKind::Typed(_, ty) => matches!(&**ty, Type::Reference(reference) if
            reference.mutability.is_some()
                && matches!(&*reference.elem, Type::Path(path) if path.path.is_ident("Self"))),
        _ => false,
    }
}
