//! What the macros' output calls. Not part of the public interface: anything here may change in any release.

use crate::aggregate::Aggregate;
use crate::column::same;
use crate::dispatch::decode;
use crate::error::ReplayError;
use crate::event::{Event, SchemaVersion};
use crate::projection::{Batch, FromBatch, ProjectionError};
use crate::record::StoredEvent;

pub use core::default::Default;
pub use core::option::Option::{self, None, Some};
pub use core::result::Result::{self, Err, Ok};
pub use std::boxed::Box;
pub use uuid::Uuid;

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

/// Refuses, when the program is compiled, two handled events with one stored name.
///
/// # Panics
/// In const evaluation, when two names are the same.
pub const fn assert_distinct(names: &[&str]) {
    let mut at = 1;
    while at < names.len() {
        let mut before = 0;
        while before < at {
            assert!(
                !same(names[before], names[at]),
                "two events handled here have the same stored name: give one another `#[event(name = \"…\")]`"
            );
            before += 1;
        }
        at += 1;
    }
}

/// The version of an event's schema; the macro has checked that it can be one.
///
/// # Panics
/// In const evaluation, when it is 0 or above 2^31 − 1.
pub const fn schema_version(version: u32) -> SchemaVersion {
    match SchemaVersion::new(version) {
        Some(version) => version,
        None => panic!("the version of a schema is 1 to 2147483647"),
    }
}

/// A state that needs no event to begin with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no state to begin with",
    note = "add a handler without a receiver for the event that begins the stream: `fn opened(event: &Opened) -> Self`",
    note = "or derive `Default` for `{Self}` if a stream can begin with any event"
)]
pub trait DefaultState: Default {}

#[diagnostic::do_not_recommend]
impl<T: Default> DefaultState for T {}

/// The state before the first event of an aggregate that no event begins.
pub fn default_state<A: DefaultState>() -> A {
    A::default()
}

/// What a projection's handler may return.
#[diagnostic::on_unimplemented(
    message = "a projection's handler cannot return `{Self}`",
    note = "return nothing, or `Result<(), ProjectionError>`; `.map_err(ProjectionError::handler)` makes one of any error"
)]
pub trait Outcome {
    /// As a result.
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
    fn into_result(self) -> Self {
        self
    }
}

/// What a handler returned, as a result.
///
/// # Errors
/// The handler's own.
pub fn finish(outcome: impl Outcome) -> Result<(), ProjectionError> {
    outcome.into_result()
}
