//! Events that could not be handled, kept aside with everything that is needed to handle them later.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::id::EventId;
use crate::version::Position;

/// An event that a projection could not handle, or that waits behind such a one of its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The event's position in the log.
    pub position: Position,
    /// The event.
    pub event: EventId,
    /// The UUID of its stream.
    pub stream: Uuid,
    /// Why it is here.
    pub state: LetterState,
    /// How often it was tried; 0 when it waits.
    pub attempts: u32,
    /// What the last attempt said, with its causes; empty when it waits.
    pub error: String,
    /// When it was put here, or last tried.
    pub failed_at: DateTime<Utc>,
    /// Somebody has asked for another attempt, which has not been made yet.
    pub retry: bool,
    /// Why it was discarded, if it was.
    pub reason: Option<String>,
}

impl DeadLetter {
    /// An event that was tried `attempts` times.
    pub fn failed(event: &crate::StoredEvent, attempts: u32, error: String) -> Self {
        Self::of(event, LetterState::Failed, attempts, error)
    }

    /// An event that waits behind one of its stream.
    pub fn parked(event: &crate::StoredEvent) -> Self {
        Self::of(event, LetterState::Parked, 0, String::new())
    }

    /// For stores: an event that is kept aside, not tried yet and without a word about it.
    pub const fn new(
        position: Position,
        event: EventId,
        stream: Uuid,
        state: LetterState,
        failed_at: DateTime<Utc>,
    ) -> Self {
        Self {
            position,
            event,
            stream,
            state,
            attempts: 0,
            error: String::new(),
            failed_at,
            retry: false,
            reason: None,
        }
    }

    fn of(event: &crate::StoredEvent, state: LetterState, attempts: u32, error: String) -> Self {
        let letter = Self::new(event.position, event.id, event.stream.id(), state, Utc::now());
        Self { attempts, error, ..letter }
    }
}

/// Why an event is kept aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LetterState {
    /// It was tried and failed.
    Failed,
    /// It waits behind one of its stream that failed: the order within a stream is kept.
    Parked,
    /// Somebody decided that it is not to be handled. Kept for the record; nothing waits for it.
    Discarded,
}

/// Which dead letters are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LetterSelection {
    /// All that are open: failed or parked.
    Open,
    /// Those of one stream that are open.
    Stream(Uuid),
    /// The one at this position, also when it was discarded.
    Position(Position),
    /// Those for which another attempt was asked.
    Retry,
    /// Everything, those that were discarded included.
    All,
}
