//! What an aggregate's handlers must be.

use syn::{ReceiverKind, Signature, Type};

use super::model::{Aggregate, Draft, Handler};
use crate::errors::Errors;
use crate::handlers::{self, Marked, shown};

pub(crate) fn check<'a>(draft: &'a Draft, errors: &mut Errors) -> Option<Aggregate<'a>> {
    let item = &draft.item;
    if draft.handlers.is_empty() {
        errors.at(
            &item.self_ty,
            format!(
                "`{}` handles no event: put `#[handles(EventType)]` on a method",
                shown(&item.self_ty)
            ),
        );
    }
    handlers::refuse_repeats(&draft.handlers, &draft.ignores, errors);
    let handlers = draft.handlers.iter().filter_map(|marked| handler(marked, errors)).collect();
    let (Some(name), Some(id), true) = (&draft.name, &draft.id, errors.is_empty()) else {
        return None;
    };
    Some(Aggregate {
        item,
        paths: &draft.paths,
        uses: handlers::uses(&draft.handlers),
        name,
        id,
        ignores: &draft.ignores,
        ignores_unknown: draft.ignores_unknown,
        handlers,
    })
}

/// `None` when something is wrong with it, which has been noted.
fn handler<'a>(marked: &'a Marked, errors: &mut Errors) -> Option<Handler<'a>> {
    let Marked { cfgs, event, signature, .. } = marked;
    if let Some(token) = &signature.asyncness {
        errors.at(token, "a handler of an aggregate only applies the event: remove `async`");
    }
    let inputs = handlers::inputs(marked, "`cx: &EventContext<'_>`", errors);
    if let Some(token) = inputs.as_ref().and_then(|i| i.context.as_ref()?.mutability) {
        errors.at(token, "the context only tells about the event: write `&EventContext`");
    }
    let begins = begins(signature, errors);
    Some(Handler { cfgs, event: event.as_ref()?, signature, inputs: inputs?, begins: begins? })
}

/// What the handler returns when it begins the stream, or `Some(None)` when it changes the state.
#[expect(clippy::option_option, reason = "outer: is it valid; inner: does it begin the stream")]
fn begins<'a>(signature: &'a Signature, errors: &mut Errors) -> Option<Option<&'a Type>> {
    let output = handlers::output(signature);
    let Some(receiver) = signature.receiver() else {
        if output.is_none() {
            errors.at(
                &signature.ident,
                "a handler without a receiver begins the stream: return `Self`, or take `&mut self`",
            );
        }
        return output.map(Some);
    };
    let by_mut = match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
        ReceiverKind::Typed(_, ty) => is_mut_self(ty),
        _ => false,
    };
    if !by_mut {
        errors.at(
            receiver,
            "a handler changes the state in place: write `&mut self`, or no receiver to begin the stream",
        );
    }
    if let Some(output) = output {
        errors.at(
            output,
            "a handler cannot refuse or return anything, the event has happened: remove the return type",
        );
    }
    (by_mut && output.is_none()).then_some(None)
}

fn is_mut_self(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else { return false };
    let Type::Path(path) = &*reference.elem else { return false };
    reference.mutability.is_some() && path.path.is_ident("Self")
}
