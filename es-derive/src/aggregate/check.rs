//! The rules for an aggregate's handlers.

use std::collections::HashMap;

use syn::ReturnType;

use crate::errors::Errors;
use crate::handler::{Handler, Receiver, spelled};

pub(crate) fn check(handlers: &[Handler], errors: &mut Errors) {
    handlers.iter().for_each(|handler| check_one(handler, errors));
    repeated(handlers, errors);
}

fn check_one(handler: &Handler, errors: &mut Errors) {
    if let Some(asyncness) = &handler.asyncness {
        errors.at(
            asyncness,
            "a handler is not async: state comes from events alone, without waiting",
        );
    }
    if let Some(context) = handler.context.as_ref().filter(|context| context.exclusive) {
        errors.at(
            &context.ty,
            "an aggregate's handler only reads its context: write `&EventContext`",
        );
    }
    match (&handler.receiver, &handler.output) {
        (Receiver::Shared(receiver), _) => errors.at(
            receiver,
            "a handler changes the state: write `&mut self`, or no receiver if this event begins the stream",
        ),
        (Receiver::Exclusive, ReturnType::Type(arrow, ty)) => {
            let output = quote::quote!(#arrow #ty);
            errors.at(output, "a handler with `&mut self` returns nothing: what happened cannot fail");
        }
        (Receiver::None, ReturnType::Default) => errors.at(
            &handler.method,
            "a handler without a receiver begins the stream: write `-> Self`, or take `&mut self`",
        ),
        _ => {}
    }
}

/// The same event in the same words. Other spellings of one type meet at the compiler's own check for overlap.
fn repeated(handlers: &[Handler], errors: &mut Errors) {
    let mut seen = HashMap::new();
    for handler in handlers.iter().filter(|handler| handler.cfgs.is_empty()) {
        let event = spelled(&handler.event);
        if let Some(first) = seen.get(&event) {
            errors.at(first, format!("`{event}` is handled here first"));
            errors.at(&handler.event, format!("`{event}` is handled twice: leave one out"));
        } else {
            seen.insert(event, handler.event.clone());
        }
    }
}
