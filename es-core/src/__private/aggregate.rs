//! For `#[aggregate]`.

use std::fmt;
use std::marker::PhantomData;

use super::{Never, two_of_one_name};
use crate::aggregate::{Aggregate, HandledBy};
use crate::dispatch::{EventContext, Handler, ignore};
use crate::error::ReplayError;
use crate::events::Events;

/// One event of an aggregate.
pub struct Row<A, E>(PhantomData<fn() -> (A, E)>);

impl<A: Aggregate, E: HandledBy<A>> Row<A, E> {
    /// Its row in the table.
    pub const HANDLER: Handler<A> = Handler::of::<E>();
    /// Its row in the table, when it is ignored.
    pub const IGNORED: Handler<A> = Handler::ignored::<E>();

    /// A handler without a receiver: it makes the state.
    ///
    /// # Errors
    /// [`ReplayError::BegunTwice`] when there is a state already.
    pub fn begin(state: &mut Option<A>, make: impl FnOnce() -> A) -> Result<(), ReplayError> {
        if state.is_some() {
            return Err(ReplayError::BegunTwice { event: E::NAME, aggregate: A::NAME });
        }
        *state = Some(make());
        Ok(())
    }

    /// A handler with `&mut self`: it changes the state.
    ///
    /// # Errors
    /// [`ReplayError::NotBegun`] when there is none.
    pub fn change(state: &mut Option<A>, change: impl FnOnce(&mut A)) -> Result<(), ReplayError> {
        let Some(state) = state else {
            return Err(ReplayError::NotBegun { event: E::NAME, aggregate: A::NAME });
        };
        change(state);
        Ok(())
    }

    /// No handler: it changes nothing.
    ///
    /// # Errors
    /// [`ReplayError::NotBegun`] when there is nothing yet that it could leave unchanged.
    pub fn ignore(state: &mut Option<A>) -> Result<(), ReplayError> {
        ignore(state.as_ref(), E::NAME)
    }

    /// The event as what a decision returns.
    pub fn record(event: E, events: &mut Events<A>) {
        events.push(event);
    }
}

/// Takes the place of the inherent items of [`Row`] when `E` is not an event. [`assert_event`](super::assert_event) has
/// reported that; without this trait every use of the row would report it again.
pub trait NoRow<A, E>: Sized {
    /// Nothing.
    const HANDLER: Handler<A> = Handler::never();
    /// Nothing.
    const IGNORED: Handler<A> = Handler::never();

    /// Nothing: never called, because what generates the call does not compile.
    ///
    /// # Errors
    /// None.
    fn begin(_: &mut Option<A>, _: impl FnOnce() -> A) -> Result<(), ReplayError> {
        Ok(())
    }

    /// Nothing: never called, as above.
    ///
    /// # Errors
    /// None.
    fn change(_: &mut Option<A>, _: impl FnOnce(&mut A)) -> Result<(), ReplayError> {
        Ok(())
    }

    /// Nothing: never called, as above.
    ///
    /// # Errors
    /// None.
    fn ignore(_: &mut Option<A>) -> Result<(), ReplayError> {
        Ok(())
    }

    /// Nothing: never called, as above.
    fn record(_: E, _: &mut Events<A>) {}
}

impl<A, E> NoRow<A, E> for Row<A, E> {}

impl<A, E> fmt::Debug for Row<A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Row")
    }
}

/// Refuses, when the program is compiled, a second event with a stored name of this row.
///
/// # Panics
/// In const evaluation, when there is one.
#[track_caller]
pub const fn assert_once<A: Aggregate>(row: &Handler<A>) {
    let mut n = 0;
    while n < row.event().count_names() {
        let name = row.event().nth_name(n);
        let (mut at, mut found) = (0, 0);
        while at < A::HANDLERS.len() {
            found += A::HANDLERS[at].event().is_stored_as(name) as usize;
            at += 1;
        }
        if found > 1 {
            two_of_one_name(name);
        }
        n += 1;
    }
}

/// How an aggregate begins when no event begins its stream.
#[derive(Debug)]
pub struct WithDefault;

impl WithDefault {
    /// The state before the first event.
    pub fn initial<A: Initial>(self) -> Option<A> {
        Some(A::initial())
    }
}

/// How an aggregate begins when there is a handler without a receiver.
#[derive(Debug)]
pub struct WithEvent;

impl WithEvent {
    /// Nothing, before the first event.
    pub fn initial<A>(self) -> Option<A> {
        None
    }
}

/// An aggregate that begins without an event.
#[diagnostic::on_unimplemented(
    message = "nothing begins `{Self}`: no handler makes one, and it is not `Default`",
    label = "has no beginning",
    note = "make the handler of the first event `fn …(event: &Event) -> Self`, or derive `Default` for `{Self}`"
)]
pub trait Initial: Sized {
    /// The default.
    fn initial() -> Self;
}

#[diagnostic::do_not_recommend]
impl<A: Default> Initial for A {
    fn initial() -> Self {
        A::default()
    }
}

/// What a handler without a receiver returned, which must be the aggregate.
pub fn begun<A, R: Begins<A>>(returned: R) -> A {
    returned.into_state()
}

/// What a handler without a receiver may return.
#[diagnostic::on_unimplemented(
    message = "a handler without a receiver begins the stream, but this one returns `{Self}`",
    label = "expected `Self`",
    note = "the event has happened, so nothing can be refused here: return the aggregate, `{A}`"
)]
pub trait Begins<A> {
    /// Itself.
    fn into_state(self) -> A;
}

#[diagnostic::do_not_recommend]
impl<A> Begins<A> for A {
    fn into_state(self) -> A {
        self
    }
}

/// The context as what the second parameter of a handler is declared to be.
pub fn as_context<'c, C: HandlerContext<'c>>(cx: &'c EventContext<'c>) -> &'c C {
    C::from_context(cx)
}

/// What the second parameter of an aggregate's handler may be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the second parameter of an aggregate's handler",
    label = "expected `EventContext`"
)]
pub trait HandlerContext<'c> {
    /// Itself.
    fn from_context(cx: &'c EventContext<'c>) -> &'c Self;
}

impl<'c> HandlerContext<'c> for EventContext<'c> {
    fn from_context(cx: &'c EventContext<'c>) -> &'c Self {
        cx
    }
}

#[diagnostic::do_not_recommend]
impl HandlerContext<'_> for Never {
    fn from_context(_: &EventContext<'_>) -> &'static Self {
        unreachable!("no handler can name this type")
    }
}
