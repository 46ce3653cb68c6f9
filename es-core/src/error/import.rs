//! Why an import was refused.

use thiserror::Error;

use super::{Cause, Invalid, StoreError};
use crate::id::{EventId, StreamId};
use crate::version::Version;

/// Events could not be imported, or it is not known whether they were.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Where the events come from broke off. Nothing was stored.
    #[error("what is to be imported cannot be read after {events} events")]
    Source {
        /// How many events came before.
        events: u64,
        /// What the source says.
        #[source]
        cause: Cause,
    },
    /// The stream was there before, and streams are not to be continued. Nothing was stored.
    #[error("stream {stream} exists already")]
    StreamExists {
        /// The stream.
        stream: StreamId,
    },
    /// An event demands a version, and it is not its turn. Nothing was stored.
    #[error(
        "event {event} is to be version {demanded} of stream {stream}, which is at version {actual} before it"
    )]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// The event.
        event: EventId,
        /// The version that the event demands.
        demanded: Version,
        /// The version of the event before it; 0 means that there is none.
        actual: Version,
    },
    /// An event that no store takes. Nothing was stored.
    #[error("event {event} was refused")]
    Invalid {
        /// The event.
        event: EventId,
        /// Why.
        #[source]
        cause: Invalid,
    },
    /// An event with this id is stored already, or comes twice in this import. Nothing was stored.
    #[error("event {event} is stored already, or comes twice")]
    DuplicateEvent {
        /// The id.
        event: EventId,
    },
    /// The store lost the connection while it committed and could not learn what became of the import: all of the events
    /// are stored, or none.
    #[error("it is not known whether the import was stored")]
    OutcomeUnknown {
        /// The id of the last event, by which the outcome can be looked up later.
        last_event: EventId,
        /// What broke.
        #[source]
        cause: Cause,
    },
    /// The store failed. Nothing was stored.
    #[error("the import failed")]
    Store(#[from] StoreError),
}

impl ImportError {
    /// Whether the same import may succeed later. An unknown outcome is not transient: look first, then decide.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}
