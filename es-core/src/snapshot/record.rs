//! Snapshots as stores speak of them: nothing here knows a domain type.

use chrono::{DateTime, Utc};

use super::Fingerprint;
use super::fingerprint::hash;
use crate::id::{EventId, StreamId};
use crate::payload::Payload;
use crate::version::{Position, Version};

/// A snapshot on its way into a store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewSnapshot {
    /// The stream.
    pub stream: StreamId,
    /// The version of the last event in it.
    pub version: Version,
    /// The position of that event.
    pub position: Position,
    /// The shape of the state.
    pub fingerprint: Fingerprint,
    /// The state.
    pub state: Payload,
}

impl NewSnapshot {
    /// `state`, of a shape, as the events of a stream up to `version` have made it, the last of them at `position`.
    pub const fn new(
        stream: StreamId,
        version: Version,
        position: Position,
        fingerprint: Fingerprint,
        state: Payload,
    ) -> Self {
        Self { stream, version, position, fingerprint, state }
    }

    /// A number over everything in it. A store keeps it beside what can be changed behind its back, to notice that.
    pub fn checksum(&self) -> u64 {
        let mut sum = hash(self.fingerprint.get(), self.stream.id().as_bytes());
        for number in [self.version.get(), self.position.get()] {
            sum = hash(sum, &number.to_le_bytes());
        }
        hash(sum, self.state.as_str().as_bytes())
    }
}

/// A snapshot as a store gives it back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredSnapshot {
    /// What was stored.
    pub snapshot: NewSnapshot,
    /// The last event in it, as the stream has it.
    pub event: EventId,
    /// When, by the store's clock.
    pub created_at: DateTime<Utc>,
}

impl StoredSnapshot {
    /// A snapshot that was stored at that time, and the event that its version and position are of.
    pub const fn new(snapshot: NewSnapshot, event: EventId, created_at: DateTime<Utc>) -> Self {
        Self { snapshot, event, created_at }
    }
}

/// Which snapshot is asked for: the newest of a shape, which may be limited to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotQuery {
    /// The shape of the state.
    pub fingerprint: Fingerprint,
    /// Nothing, neither snapshot nor events, beyond this version.
    pub up_to: Option<Version>,
}

impl SnapshotQuery {
    /// The newest of that shape.
    pub const fn of(fingerprint: Fingerprint) -> Self {
        Self { fingerprint, up_to: None }
    }

    /// Limits the answer to what is not newer than `version`.
    #[must_use]
    pub const fn up_to(mut self, version: Version) -> Self {
        self.up_to = Some(version);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Category;

    #[test]
    fn the_checksum_notices_every_change() {
        let stream = |id| StreamId::new(Category::new("account").expect("valid"), id);
        let state = |text: &str| Payload::from_json(text).expect("JSON");
        let id = uuid::Uuid::from_u128(7);
        let (two, nine) = (Version::new(2), Position::new(9));
        let (shape, text) = (Fingerprint::new(3), r#"{"n":1}"#);
        let sum = |stream, version, position, shape, text: &str| {
            NewSnapshot::new(stream, version, position, shape, state(text)).checksum()
        };
        let mut sums = vec![
            sum(stream(id), two, nine, shape, text),
            sum(stream(uuid::Uuid::nil()), two, nine, shape, text),
            sum(stream(id), Version::new(3), nine, shape, text),
            sum(stream(id), two, Position::new(8), shape, text),
            sum(stream(id), two, nine, Fingerprint::new(4), text),
            sum(stream(id), two, nine, shape, r#"{"n":2}"#),
        ];
        let count = sums.len();
        sums.sort_unstable();
        sums.dedup();
        assert_eq!(sums.len(), count);
    }
}
