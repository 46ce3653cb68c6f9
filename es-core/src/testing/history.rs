//! The events of a test, applied twice: as values, and as a store would give them back.

use std::error::Error;
use std::fmt;

use chrono::DateTime;

use crate::aggregate::Aggregate;
use crate::events::Events;
use crate::fold::Fold;
use crate::id::AggregateId as _;
use crate::record::{NewEvent, StoredEvent};
use crate::version::{Position, Version};

/// A stream without a store.
pub(super) struct History<A> {
    /// The events applied as they are, as on a root that has recorded them.
    applied: Fold<A>,
    /// The same events from their stored JSON, as after loading.
    replayed: Fold<A>,
    events: usize,
}

impl<A: Aggregate> History<A> {
    pub(super) fn new() -> Self {
        let stream = || {
            A::stream_id(A::Id::from_uuid(uuid::Uuid::from_u128(1)))
                .unwrap_or_else(|error| panic!("`{}` cannot name an aggregate: {error}", A::NAME))
        };
        Self { applied: Fold::new(stream()), replayed: Fold::new(stream()), events: 0 }
    }

    /// Adds events and gives them back as they would be appended; or says why they do not fit.
    pub(super) fn add(&mut self, events: Events<A>) -> Result<Vec<NewEvent>, String> {
        let recorded = self.applied.record_as_made(events, self.events);
        let recorded = recorded.map_err(|error| with_causes(&error))?;
        for new in &recorded {
            self.events += 1;
            let at = self.events as u64;
            let (stream, version) = (self.replayed.stream.clone(), Version::new(at));
            let recorded_at = DateTime::UNIX_EPOCH;
            let stored =
                StoredEvent::record(new.clone(), stream, version, Position::new(at), recorded_at);
            self.replayed.replay(&stored).map_err(|error| with_causes(&error))?;
        }
        Ok(recorded)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// What loading would give.
    pub(super) const fn state(&self) -> Option<&A> {
        self.replayed.state.as_ref()
    }

    /// What recording has given.
    pub(super) const fn applied_state(&self) -> Option<&A> {
        self.applied.state.as_ref()
    }
}

impl<A: fmt::Debug> fmt::Debug for History<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("state", &self.replayed.state)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}

/// An error with everything behind it, in one line.
pub(super) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
