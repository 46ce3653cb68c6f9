//! For `#[projection(of(..), ignores(..))]`: that no event of an aggregate was forgotten.

use std::fmt;
use std::marker::PhantomData;

use super::message::Message;
use crate::aggregate::Aggregate;
use crate::dispatch::Handler;
use crate::event_type::EventType;
use crate::projection::Projection;

/// One aggregate of a projection.
pub struct Source<A>(PhantomData<fn() -> A>);

impl<A: Aggregate> Source<A> {
    /// Its events.
    pub const HANDLERS: Option<&'static [Handler<A>]> = Some(A::HANDLERS);
}

/// Takes the place of the inherent items of [`Source`] when `A` is not an aggregate. [`assert_covers`] has reported that.
pub trait NoSource<A: 'static>: Sized {
    /// It may have any event.
    const HANDLERS: Option<&'static [Handler<A>]> = None;
}

impl<A: 'static> NoSource<A> for Source<A> {}

impl<A> fmt::Debug for Source<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

/// Refuses, when the program is compiled, a projection that neither handles nor ignores every event of an aggregate,
/// those included that the aggregate itself ignores. The only place where generated code asks for an aggregate.
///
/// # Panics
/// In const evaluation, when one is missing.
#[track_caller]
pub const fn assert_covers<P: Projection, A: Aggregate>(projection: &str, ignored: &[EventType]) {
    // What is no event has been reported: it may be the one that is missing.
    if is_in("", P::EVENTS) || is_in("", ignored) {
        return;
    }
    let (mut missing, mut at, mut found) = (Message::new(), 0, 0);
    while at < A::HANDLERS.len() {
        let (event, mut n) = (A::HANDLERS[at].event(), 0);
        // Old names too: the projection may have a type of its own that does not know them.
        while n < event.count_names() {
            let name = event.nth_name(n);
            if !is_in(name, P::EVENTS) && !is_in(name, ignored) {
                let comma = if found == 0 { "" } else { ", " };
                missing = missing.and_all(&[comma, "`", name, "`"]);
                found += 1;
            }
            n += 1;
        }
        at += 1;
    }
    if found > 0 {
        let (it, types) = if found == 1 { ("it", "its type") } else { ("each", "their types") };
        let advice = ["`: add `#[handles(..)]` for ", it, ", or list ", types, " in `ignores(..)`"];
        let subject = ["`", projection, "` does not handle ", missing.text(), " of `", A::NAME];
        Message::new().and_all(&subject).and_all(&advice).fail();
    }
}

/// Refuses, when the program is compiled, an ignored event that is handled, ignored twice, or of none of the aggregates.
///
/// # Panics
/// In const evaluation, when it is.
#[track_caller]
pub const fn assert_ignored<P: Projection>(event: &EventType, ignored: &[EventType], known: bool) {
    let name = event.name();
    if name.is_empty() {
        return; // no event, which has been reported
    }
    let problem = if is_in(name, P::EVENTS) {
        "` is handled and ignored: remove its type from `ignores(..)`, or its handler"
    } else if count(name, ignored) > 1 {
        "` is ignored twice: list its type once"
    } else if !known {
        "` is not an event of any aggregate in `of(..)`: remove its type from `ignores(..)`"
    } else {
        return;
    };
    Message::new().and_all(&["`", name, problem]).fail();
}

/// Whether an aggregate has the event.
pub const fn has<A>(handlers: Option<&[Handler<A>]>, event: &EventType) -> bool {
    let Some(handlers) = handlers else { return true };
    let mut at = 0;
    while at < handlers.len() {
        if handlers[at].event().is_stored_as(event.name()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn is_in(name: &str, events: &[EventType]) -> bool {
    count(name, events) > 0
}

/// How many of the events are stored under the name.
pub(super) const fn count(name: &str, events: &[EventType]) -> usize {
    let (mut at, mut found) = (0, 0);
    while at < events.len() {
        found += events[at].is_stored_as(name) as usize;
        at += 1;
    }
    found
}
