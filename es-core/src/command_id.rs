//! The identity of a command, from which those of its events are made.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::EventId;

/// The identity of one command. Whoever sends a command makes it once, and sends it again with every repetition: see
/// [`Repository::execute_once`](crate::Repository::execute_once).
///
/// It counts together with the stream: the same id for another stream is another command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(Uuid);

impl CommandId {
    /// A new identity (UUIDv7).
    #[expect(
        clippy::new_without_default,
        reason = "a default that differs at every call surprises"
    )]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// An existing identity: the one that came with the request.
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// The UUID itself.
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }

    /// The identity of the `nth` event, from 0, that it records in a stream. Kept for ever: by it a repetition is
    /// recognised.
    pub(crate) fn event_id(self, stream: Uuid, nth: usize) -> EventId {
        let mut name = [0; 24];
        name[..16].copy_from_slice(stream.as_bytes());
        name[16..].copy_from_slice(&(nth as u64).to_be_bytes());
        EventId::from_name(self.0, name)
    }
}

impl From<Uuid> for CommandId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_events_are_kept_for_ever() {
        let (command, stream) = (CommandId::from_uuid(Uuid::from_u128(1)), Uuid::from_u128(2));
        let ids = [0, 1, 4_095].map(|nth| command.event_id(stream, nth).to_string());
        assert_eq!(
            ids,
            [
                "d464ff6e-44cf-5e5c-b281-8c27d410c04a",
                "1e66e559-126e-57b2-b763-0a9662cdad66",
                "b6d1a246-bb1a-541b-ab7e-2539b177f01b",
            ]
        );
    }

    #[test]
    fn another_command_stream_or_number_is_another_event() {
        let [one, two] = [1, 2].map(Uuid::from_u128);
        let of = |command, stream, nth| CommandId::from_uuid(command).event_id(stream, nth);
        let ids = [of(one, one, 0), of(two, one, 0), of(one, two, 0), of(one, one, 1)];
        for (at, id) in ids.iter().enumerate() {
            assert!(!ids[..at].contains(id));
        }
    }
}
