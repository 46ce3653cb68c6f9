//! What the macros' output calls. Not part of the public interface: anything here may change in any release.

use std::future::{Future, ready};

use crate::aggregate::Aggregate;
use crate::column::same;
use crate::dispatch::{EventContext, decode};
use crate::error::ReplayError;
use crate::event::{Event, SchemaVersion};
use crate::projection::{Batch, FromBatch, Projection, ProjectionError};
use crate::record::StoredEvent;
use crate::store::BoxFuture;

pub use core::clone::Clone;
pub use core::default::Default;
pub use core::marker::{Send, Sync};
pub use core::option::Option::{self, None, Some};
pub use core::result::Result::{self, Err, Ok};
pub use serde::Serialize;
pub use serde::de::DeserializeOwned;
pub use std::boxed::Box;

/// A handler without a receiver: it makes the state.
///
/// # Errors
/// [`ReplayError::BegunTwice`] when there is a state already.
pub fn begin<A: Aggregate, E: Event>(
    state: &mut Option<A>,
    make: impl FnOnce() -> A,
) -> Result<(), ReplayError> {
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
pub fn change<A: Aggregate, E: Event>(
    state: &mut Option<A>,
    change: impl FnOnce(&mut A),
) -> Result<(), ReplayError> {
    let Some(state) = state else {
        return Err(ReplayError::NotBegun { event: E::NAME, aggregate: A::NAME });
    };
    change(state);
    Ok(())
}

/// The event of a projection's handler when it is the one that is asked about.
///
/// # Errors
/// [`ReplayError`] when it has the name of `E` but does not decode as `E`.
pub fn event<E: Event>(stored: &StoredEvent) -> Result<E, ReplayError> {
    decode(stored)
}

/// The second parameter of a projection's handler.
///
/// # Errors
/// [`ProjectionError::Context`] when the store does not offer it.
pub fn context<'a, C: FromBatch<'a>>(batch: &'a mut Batch<'_>) -> Result<C, ProjectionError> {
    C::from_batch(batch)
}

/// A schema version that the macro has checked.
///
/// # Panics
/// In const evaluation, for 0 and for numbers above 2^31 − 1.
pub const fn schema_version(n: u32) -> SchemaVersion {
    SchemaVersion::new(n).expect("the macro has checked the version")
}

/// The state before the first event, when no event begins the stream.
pub fn initial<A: Initial>() -> A {
    A::initial()
}

/// An aggregate without a handler that begins it.
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

/// The event as what the handler's parameter is declared to be, which must be the same.
pub fn as_parameter<E: Is<P>, P>(event: &E) -> &P {
    event.same()
}

/// Two types that are one.
#[diagnostic::on_unimplemented(
    message = "this handler takes `&{P}`, but its `#[handles(..)]` says `{Self}`",
    label = "expected `&{Self}`"
)]
pub trait Is<P> {
    /// Itself.
    fn same(&self) -> &P;
}

#[diagnostic::do_not_recommend]
impl<T> Is<T> for T {
    fn same(&self) -> &T {
        self
    }
}

/// The context as what the second parameter of an aggregate's handler is declared to be.
pub fn as_context<'c, C: HandlerContext<'c>>(cx: &'c EventContext<'c>) -> &'c C {
    C::from_context(cx)
}

/// What the second parameter of an aggregate's handler may be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the second parameter of an aggregate's handler",
    label = "expected `&EventContext`"
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

/// What a projection's handler returned, as the projection's own result.
///
/// # Errors
/// The handler's own.
pub fn outcome(done: impl Outcome) -> Result<(), ProjectionError> {
    done.into_result()
}

/// What a projection's handler may return.
#[diagnostic::on_unimplemented(
    message = "a projection's handler cannot return `{Self}`",
    label = "expected nothing, or `Result<(), ProjectionError>`",
    note = "an error of your own becomes one with `.map_err(ProjectionError::handler)?`"
)]
pub trait Outcome {
    /// Success or the error.
    ///
    /// # Errors
    /// The handler's own.
    fn into_result(self) -> Result<(), ProjectionError>;
}

impl Outcome for () {
    fn into_result(self) -> Result<(), ProjectionError> {
        Ok(())
    }
}

impl Outcome for Result<(), ProjectionError> {
    fn into_result(self) -> Result<(), ProjectionError> {
        self
    }
}

/// The future of a projection's handler.
pub fn boxed<'a>(
    future: impl Future<Output = Result<(), ProjectionError>> + Send + 'a,
) -> BoxFuture<'a, Result<(), ProjectionError>> {
    Box::pin(future)
}

/// The future of a projection that does not handle the event.
pub fn ignored<'a>() -> BoxFuture<'a, Result<(), ProjectionError>> {
    Box::pin(ready(Ok(())))
}

/// Refuses, when the program is compiled, a second event with the stored name of `E` in an aggregate.
///
/// # Panics
/// In const evaluation, when there is one.
#[track_caller]
pub const fn assert_once<A: Aggregate, E: Event>() {
    let (mut at, mut found) = (0, 0);
    while at < A::HANDLERS.len() {
        if same(A::HANDLERS[at].event_name(), E::NAME) {
            found += 1;
        }
        at += 1;
    }
    assert!(found <= 1, "{}", REPEATED);
}

/// Refuses, when the program is compiled, a second event with the stored name of `E` in a projection.
///
/// # Panics
/// In const evaluation, when there is one.
#[track_caller]
pub const fn assert_subscribed_once<P: Projection, E: Event>() {
    let (mut at, mut found) = (0, 0);
    while at < P::SUBSCRIBED_TO.len() {
        if same(P::SUBSCRIBED_TO[at], E::NAME) {
            found += 1;
        }
        at += 1;
    }
    assert!(found <= 1, "{}", REPEATED);
}

const REPEATED: &str =
    "two events handled here have one stored name: give one another `#[event(name = \"…\")]`";
