//! What a projection's handlers must be.

use syn::{ReceiverKind, Type};

use super::model::{Draft, Handler, Projection};
use crate::errors::Errors;
use crate::handlers::{self, Marked, shown};

pub(crate) fn check<'a>(draft: &'a Draft, errors: &mut Errors) -> Option<Projection<'a>> {
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
    let (Some(name), true) = (&draft.name, errors.is_empty()) else { return None };
    Some(Projection {
        item,
        paths: &draft.paths,
        uses: handlers::uses(&draft.handlers),
        name,
        version: draft.version.as_ref(),
        of: &draft.of,
        ignores: &draft.ignores,
        handlers,
    })
}

/// `None` when something is wrong with it, which has been noted.
fn handler<'a>(marked: &'a Marked, errors: &mut Errors) -> Option<Handler<'a>> {
    const RECEIVER: &str = "a handler borrows its projection: write `&self` or `&mut self`";
    const CONTEXT: &str = "`cx: &EventContext<'_>` or `cx: &mut ReadModels<'_>`";
    let Marked { cfgs, event, signature, .. } = marked;
    match signature.receiver() {
        None => errors.at(&signature.ident, RECEIVER),
        Some(receiver) => match &receiver.kind {
            ReceiverKind::Reference(..) => {}
            ReceiverKind::Typed(_, ty) if matches!(**ty, Type::Reference(_)) => {}
            _ => errors.at(receiver, RECEIVER),
        },
    }
    let inputs = handlers::inputs(marked, CONTEXT, errors);
    Some(Handler { cfgs, event: event.as_ref()?, signature, inputs: inputs? })
}
