//! What the macros' output calls. Not part of the public interface: anything here may change in any release.

use crate::aggregate::Aggregate;
use crate::column::same;
use crate::dispatch::decode;
use crate::error::ReplayError;
use crate::event::Event;
use crate::projection::{Batch, FromBatch, ProjectionError};
use crate::record::StoredEvent;

pub use core::default::Default;
pub use core::option::Option::{self, None, Some};
pub use core::result::Result::{self, Err, Ok};
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
