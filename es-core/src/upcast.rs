#![doc = include_str!("../docs/changing-an-event.md")]

use std::fmt;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::error::Cause;
use crate::event::SchemaVersion;

/// JSON as an upcaster sees it.
pub type Json = Value;

/// From the JSON text of one older version of an event to the event as it is today. `#[upcast(..)]` makes one for each
/// version that may be stored.
pub struct Upcaster<E> {
    from: SchemaVersion,
    upcast: fn(&str) -> Result<E, UpcastError>,
}

impl<E> Upcaster<E> {
    /// The way from version `from`; `upcast` goes all of it, however many steps it has.
    pub const fn new(from: SchemaVersion, upcast: fn(&str) -> Result<E, UpcastError>) -> Self {
        Self { from, upcast }
    }

    /// The version that it begins with.
    pub const fn from(&self) -> SchemaVersion {
        self.from
    }

    /// The event of today.
    ///
    /// # Errors
    /// [`UpcastError`] of the step that cannot be gone.
    pub fn upcast(&self, json: &str) -> Result<E, UpcastError> {
        (self.upcast)(json)
    }
}

impl<E> fmt::Debug for Upcaster<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upcaster(from {})", self.from)
    }
}

/// An older event cannot be brought up to date.
#[derive(Debug, Clone, Error)]
#[error("it is not what its version says")]
pub struct UpcastError(#[source] Cause);

impl UpcastError {
    /// An upcaster's own reason: a text or an error.
    pub fn new(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(Cause::new(reason))
    }
}

impl From<serde_json::Error> for UpcastError {
    fn from(error: serde_json::Error) -> Self {
        Self::new(error)
    }
}

/// The fields of an event's JSON, to be changed.
///
/// # Errors
/// [`UpcastError`] when it is no object.
pub fn fields(json: Json) -> Result<Map<String, Json>, UpcastError> {
    match json {
        Json::Object(fields) => Ok(fields),
        Json::Array(_) => Err(UpcastError::new("expected an object, found an array")),
        _ => Err(UpcastError::new("expected an object, found a plain value")),
    }
}
