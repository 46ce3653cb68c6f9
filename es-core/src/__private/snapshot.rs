//! For `#[derive(Snapshot)]`, and for `#[aggregate(.., snapshot)]`.

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::aggregate::Aggregate;
use crate::error::SnapshotError;
use crate::payload::Payload;
use crate::snapshot::{Fingerprint, Snapshot, SnapshotPolicy};

/// The policy of an aggregate.
pub const fn snapshots<A: Aggregate + Snapshot>(every: u64) -> SnapshotPolicy<A> {
    SnapshotPolicy::every(every)
}

/// The fingerprint of a type: of its own declaration, and of the types in it.
pub const fn shape(text: &str, parts: &[Fingerprint]) -> Fingerprint {
    let (mut shape, mut at) = (Fingerprint::of(text), 0);
    while at < parts.len() {
        shape = shape.and(parts[at]);
        at += 1;
    }
    shape
}

/// A type in a state.
pub struct Part<T: ?Sized>(PhantomData<fn() -> PhantomData<T>>);

impl<T: Snapshot> Part<T> {
    /// Its shape.
    pub const FINGERPRINT: Fingerprint = T::FINGERPRINT;
}

/// Takes the place of the inherent item of [`Part`] when the type is not [`Snapshot`]: no more is known of it than how it is
/// written.
pub trait Unknown {
    /// Nothing.
    const FINGERPRINT: Fingerprint = Fingerprint::new(0);
}

impl<T: ?Sized> Unknown for Part<T> {}

impl<T: ?Sized> fmt::Debug for Part<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Part")
    }
}

/// Refuses, when the program is compiled, a state that serde does not know. The only place where generated code asks.
pub const fn assert_state<T: Json>() {}

/// What serde can write and read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept as a snapshot",
    label = "cannot be written and read by serde",
    note = "add `#[derive(Serialize, Deserialize)]` to `{Self}`"
)]
pub trait Json: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Json for T {}

/// A state as JSON.
pub struct State<T>(PhantomData<fn() -> T>);

impl<T: Serialize + DeserializeOwned> State<T> {
    /// Writes it, and reads it once to be sure that it can be read.
    ///
    /// # Errors
    /// [`SnapshotError::Encode`] when it cannot.
    pub fn write(state: &T) -> Result<Payload, SnapshotError> {
        Ok(Payload::encode(state)?)
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`SnapshotError::Decode`] when it is something else.
    pub fn read(state: &Payload) -> Result<T, SnapshotError> {
        Ok(state.decode()?)
    }
}

/// Takes the place of the inherent items of [`State`] when serde does not know the type. [`assert_state`] has reported
/// that; without this trait every use would report it again.
pub trait NoState<T>: Sized {
    /// Nothing: never called, because what generates the call does not compile.
    ///
    /// # Errors
    /// None.
    fn write(_: &T) -> Result<Payload, SnapshotError> {
        unreachable!("a program that does not compile does not run")
    }

    /// Nothing: never called, as above.
    ///
    /// # Errors
    /// None.
    fn read(_: &Payload) -> Result<T, SnapshotError> {
        unreachable!("a program that does not compile does not run")
    }
}

impl<T> NoState<T> for State<T> {}

impl<T> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("State")
    }
}
