//! What a projection's handlers must be.

use syn::{ReceiverKind, Signature, Type};

use super::model::{Draft, Projection};
use crate::errors::Errors;

pub(crate) fn check<'a>(draft: &'a Draft, errors: &mut Errors) -> Option<Projection<'a>> {
    let context = "`cx: &EventContext<'_>` or `cx: &mut ReadModels<'_>`";
    let handlers = draft.block.check(context, check_receiver, errors);
    let (Some(name), true) = (&draft.block.name, errors.is_empty()) else { return None };
    Some(Projection { draft, name, handlers })
}

fn check_receiver(signature: &Signature, errors: &mut Errors) {
    const EXPECTED: &str = "a handler borrows its projection: write `&self` or `&mut self`";
    match signature.receiver() {
        None => errors.at(&signature.ident, EXPECTED),
        Some(receiver) => match &receiver.kind {
            ReceiverKind::Reference(..) => {}
            ReceiverKind::Typed(_, ty) if matches!(**ty, Type::Reference(_)) => {}
            _ => errors.at(receiver, EXPECTED),
        },
    }
}
