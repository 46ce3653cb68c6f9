//! What a projection's handlers must be.

use syn::{ReceiverKind, Signature, Type};

use super::model::{Draft, Projection};
use crate::errors::Errors;

pub(crate) fn check<'a>(draft: &'a Draft, errors: &mut Errors) -> Option<Projection<'a>> {
    let context = "`cx: &EventContext<'_>` or `cx: &mut ReadModels<'_>`";
    let handlers = draft.block.check(
        context,
        |signature, errors| check_receiver(signature, "a handler", errors),
        errors,
    );
    let resets = draft.resets.iter().filter_map(|reset| reset.check(errors)).collect();
    let (Some(name), true) = (&draft.block.name, errors.is_empty()) else { return None };
    Some(Projection { draft, name, handlers, resets })
}

/// That a method, which is `what`, borrows its projection.
pub(super) fn check_receiver(signature: &Signature, what: &str, errors: &mut Errors) {
    let expected = format!("{what} borrows its projection: write `&self` or `&mut self`");
    match signature.receiver() {
        None => errors.at(&signature.ident, expected),
        Some(receiver) => match &receiver.kind {
            ReceiverKind::Reference(..) => {}
            ReceiverKind::Typed(_, ty) if matches!(**ty, Type::Reference(_)) => {}
            _ => errors.at(receiver, expected),
        },
    }
}
