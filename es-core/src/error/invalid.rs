//! Input that is refused before anything is written.

use thiserror::Error;

use super::Cause;
use crate::id::{EventId, StreamId};
use crate::name::EventName;

/// Input that a store refuses before it writes anything.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Invalid {
    /// A name of no characters.
    #[error("the {kind} is empty")]
    EmptyName {
        /// What was to be named.
        kind: &'static str,
    },
    /// A name over the limit.
    #[error("the {kind} is {bytes} bytes long, the limit is {limit}")]
    LongName {
        /// What was to be named.
        kind: &'static str,
        /// Its length.
        bytes: usize,
        /// The longest accepted.
        limit: usize,
    },
    /// A control character (NUL among them) in a name.
    #[error("the {kind} `{name}` holds a control character")]
    ControlInName {
        /// What was to be named.
        kind: &'static str,
        /// The name, escaped.
        name: String,
    },
    /// A payload or metadata over the limit.
    #[error("the {part} of event `{event}` is {bytes} bytes long, the limit is {limit}")]
    TooLarge {
        /// `payload` or `metadata`.
        part: &'static str,
        /// The event's name.
        event: EventName,
        /// Its length in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// More events in one append than the limit.
    #[error("the append to {stream} has {events} events, the limit is {limit}")]
    TooManyEvents {
        /// The stream.
        stream: StreamId,
        /// How many events.
        events: usize,
        /// The limit.
        limit: usize,
    },
    /// An append of no events.
    #[error("the append to {stream} has no events")]
    NoEvents {
        /// The stream.
        stream: StreamId,
    },
    /// One event id twice in the same call.
    #[error("event id {event} appears twice in one append")]
    RepeatedEvent {
        /// The id.
        event: EventId,
    },
    /// One stream twice in the same call.
    #[error("stream {stream} appears twice in one append")]
    RepeatedStream {
        /// The stream.
        stream: StreamId,
    },
    /// Metadata that cannot be stored.
    #[error("the metadata of event `{event}` cannot be stored: {reason}")]
    Metadata {
        /// The event's name.
        event: EventName,
        /// Why not.
        reason: String,
    },
    /// A time that a store cannot hold.
    #[error("the time of event `{event}` is out of range: {time}")]
    Time {
        /// The event's name.
        event: EventName,
        /// The time, as text.
        time: String,
    },
}

/// Why a value could not be turned into a payload.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// serde could not write it.
    #[error("the value cannot be written as JSON")]
    Write(#[source] Cause),
    /// It was written, but reading it again fails.
    #[error("the value can be written as JSON but not read back")]
    NotReadable(#[source] Cause),
    /// It holds a NUL character.
    #[error("the JSON holds a NUL character at byte {at}")]
    Nul {
        /// Where in the JSON text.
        at: usize,
    },
    /// It nests too deep.
    #[error("the JSON nests deeper than {limit} levels")]
    Depth {
        /// The deepest accepted.
        limit: usize,
    },
    /// The event's own name breaks the rule for names.
    #[error("the event cannot be named so")]
    Name(#[source] Invalid),
}
