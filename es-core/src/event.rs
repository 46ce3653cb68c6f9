//! What an event type must tell about itself.

use std::fmt;
use std::num::NonZeroU32;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::upcast::Upcaster;

/// A thing that happened, as a plain immutable value: `#[derive(Event)]` implements it.
///
/// An implementation must keep `NAME` for ever, or move it to `ALIASES` when it takes another one: stored events are
/// found by it. It must raise `VERSION` whenever the JSON that serde writes changes its shape, and have one entry in
/// `UPCASTERS` for each older version that may be stored, without holes. An event stored at a version that has none is an
/// error that says so.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "not an event",
    note = "add `#[derive(Serialize, Deserialize, Event)]` to `{Self}`"
)]
pub trait Event: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name under which it is stored: 1 to 512 bytes, no control characters.
    const NAME: &'static str;
    /// Names under which it was stored before. Events of these names are read as this one; none is written.
    const ALIASES: &'static [&'static str] = &[];
    /// The version of its schema. Not the version of a stream.
    const VERSION: SchemaVersion = SchemaVersion::FIRST;
    /// How events stored at older versions become those of today.
    const UPCASTERS: &'static [Upcaster<Self>] = &[];
}

/// The version of an event's schema: 1, 2, 3 …, raised when the shape of its JSON changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SchemaVersion(NonZeroU32);

impl SchemaVersion {
    /// The first version, 1.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// Version `n`; `None` for 0 and for what a store cannot hold (above 2^31 − 1).
    pub const fn new(n: u32) -> Option<Self> {
        match NonZeroU32::new(n) {
            Some(n) if n.get() <= i32::MAX.cast_unsigned() => Some(Self(n)),
            _ => None,
        }
    }

    /// The number itself.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for SchemaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
