//! For `#[derive(Event)]`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::schema_version;
use crate::upcast::{Json, UpcastError, Upcaster};

/// One entry of an event's upcasters.
///
/// # Panics
/// In const evaluation, for a version that the macro has not checked.
pub const fn upcaster<E>(from: u32, upcast: fn(&str) -> Result<E, UpcastError>) -> Upcaster<E> {
    Upcaster::new(schema_version(from), upcast)
}

/// The JSON text of one version, as the first step of its way takes it.
///
/// # Errors
/// [`UpcastError`] when the text does not fit.
pub fn parse<T: Readable>(json: &str) -> Result<T, UpcastError> {
    T::read(json)
}

/// [`DeserializeOwned`], with a message for those who forget it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from the JSON of an older version",
    note = "add `#[derive(Deserialize)]` to `{Self}`"
)]
pub trait Readable: Sized {
    /// The value.
    ///
    /// # Errors
    /// [`UpcastError`] when the text does not fit.
    fn read(json: &str) -> Result<Self, UpcastError>;

    /// The same, from JSON that a step has made.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn read_json(json: Json) -> Result<Self, UpcastError>;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Readable for T {
    fn read(json: &str) -> Result<Self, UpcastError> {
        Ok(serde_json::from_str(json)?)
    }

    fn read_json(json: Json) -> Result<Self, UpcastError> {
        Ok(serde_json::from_value(json)?)
    }
}

/// A step on JSON.
///
/// # Errors
/// That of the step.
pub fn with_json<R: JsonStep>(
    step: impl FnOnce(Json) -> R,
    old: Json,
) -> Result<Json, UpcastError> {
    step(old).into_result()
}

/// The JSON of a step as what the next one takes.
///
/// # Errors
/// [`UpcastError`] when it does not fit.
pub fn from_json<T: Readable>(json: Json) -> Result<T, UpcastError> {
    T::read_json(json)
}

/// What a step on JSON may return.
#[diagnostic::on_unimplemented(
    message = "an upcaster cannot return `{Self}`",
    label = "expected `fn(Json) -> Result<Json, UpcastError>`"
)]
pub trait JsonStep {
    /// The JSON or the error.
    ///
    /// # Errors
    /// That of the step.
    fn into_result(self) -> Result<Json, UpcastError>;
}

impl JsonStep for Json {
    fn into_result(self) -> Result<Json, UpcastError> {
        Ok(self)
    }
}

impl JsonStep for Result<Json, UpcastError> {
    fn into_result(self) -> Result<Json, UpcastError> {
        self
    }
}

/// A step from a type to what the next one takes.
pub fn via_type<Old, New: MadeFrom<Old>>(old: Old) -> New {
    New::made_from(old)
}

/// [`From`], with a message for those who forget it.
#[diagnostic::on_unimplemented(
    message = "nothing makes `{Self}` from `{Old}`",
    label = "the next version is not made from this",
    note = "write `impl From<{Old}> for {Self}`: `via` goes from this version to the next"
)]
pub trait MadeFrom<Old> {
    /// The conversion.
    fn made_from(old: Old) -> Self;
}

#[diagnostic::do_not_recommend]
impl<Old, New: From<Old>> MadeFrom<Old> for New {
    fn made_from(old: Old) -> Self {
        Self::from(old)
    }
}

/// Refuses, when the program is compiled, an event that is said to be made from itself.
///
/// # Panics
/// In const evaluation, when it is.
#[track_caller]
pub const fn assert_older(differ: bool) {
    assert!(
        differ,
        "`via` names the event itself: name a struct that has the fields of the older version"
    );
}

/// Two versions of an event.
pub struct Versions<Old, New>(PhantomData<fn() -> (Old, New)>);

impl<T> Versions<T, T> {
    /// They do not.
    pub const DIFFER: bool = false;
}

/// Takes the place of the inherent item of [`Versions`] when the types differ, as they must.
pub trait Differs {
    /// They do.
    const DIFFER: bool = true;
}

impl<Old, New> Differs for Versions<Old, New> {}

impl<Old, New> fmt::Debug for Versions<Old, New> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Versions")
    }
}
