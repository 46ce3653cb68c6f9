//! The log itself: every event once, in a `Vec`; streams and ids point into it.

use std::collections::HashMap;

use chrono::Utc;
use uuid::Uuid;

use crate::error::{AppendError, StoreError};
use crate::id::{EventId, StreamId};
use crate::name::Category;
use crate::record::StoredEvent;
use crate::store::{Appended, EventAddress, LogPage, LogQuery, StreamAppend, truncate_to_micros};
use crate::version::{Position, Version};

/// The event at position `p` is `events[p - 1]`.
#[derive(Default)]
pub(super) struct Log {
    events: Vec<StoredEvent>,
    streams: HashMap<Uuid, Stream>,
    ids: HashMap<EventId, Position>,
}

/// The event of version `v` is at `positions[v - 1]`.
struct Stream {
    category: Category,
    positions: Vec<Position>,
}

impl Log {
    pub(super) fn head(&self) -> Position {
        Position::new(self.events.len() as u64)
    }

    /// Everything is checked before anything is written.
    pub(super) fn append(&mut self, append: StreamAppend) -> Result<Appended, AppendError> {
        let events = self.prepare(append)?;
        Ok(self.push(events))
    }

    /// The events as they will be stored if nothing else is appended before.
    pub(super) fn prepare(&self, append: StreamAppend) -> Result<Vec<StoredEvent>, AppendError> {
        let StreamAppend { stream, expected, events } = append;
        let before = self.version(&stream)?;
        if !expected.accepts(before) {
            return Err(AppendError::Conflict { stream, expected, actual: before });
        }
        if let Some(event) = events.iter().find(|event| self.ids.contains_key(&event.id)) {
            return Err(AppendError::DuplicateEvent { event: event.id });
        }
        let recorded_at = truncate_to_micros(Utc::now());
        let stored = (1..).zip(events).map(|(nth, mut event)| {
            event.occurred_at = truncate_to_micros(event.occurred_at);
            let version = Version::new(before.get() + nth);
            let position = Position::new(self.head().get() + nth);
            StoredEvent::record(event, stream.clone(), version, position, recorded_at)
        });
        Ok(stored.collect())
    }

    /// Stores events that were just prepared; at least one. The answer is of use when they are of one stream.
    pub(super) fn push(&mut self, events: Vec<StoredEvent>) -> Appended {
        let mut first = None;
        let mut last = Version::START;
        for event in events {
            let head = self.streams.entry(event.stream.id()).or_insert_with(|| Stream {
                category: event.stream.category().clone(),
                positions: Vec::new(),
            });
            head.positions.push(event.position);
            self.ids.insert(event.id, event.position);
            first.get_or_insert(event.version);
            last = event.version;
            self.events.push(event);
        }
        Appended::new(first.unwrap_or_default(), last, self.head())
    }

    pub(super) fn stream(
        &self,
        stream: &StreamId,
        after: Version,
        up_to: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.version(stream)?;
        let Some(head) = self.streams.get(&stream.id()) else { return Ok(Vec::new()) };
        let end = index(up_to.get()).min(head.positions.len());
        let range = head.positions.get(index(after.get())..end).unwrap_or_default();
        Ok(range.iter().take(limit).filter_map(|position| self.at(*position)).cloned().collect())
    }

    /// Up to `limit` events after `query.after`, not beyond `end`.
    pub(super) fn page(&self, query: LogQuery<'_>, end: Position, limit: usize) -> LogPage {
        let rest = self.events.get(index(query.after.get())..index(end.get())).unwrap_or_default();
        let wanted = |event: &&StoredEvent| query.selects(event);
        let events: Vec<_> = rest.iter().filter(wanted).take(limit).cloned().collect();
        let through = match events.last() {
            Some(last) if events.len() == limit => last.position,
            _ => end.max(query.after),
        };
        LogPage { events, through }
    }

    #[cfg(feature = "runtime")]
    pub(super) fn count(&self, query: LogQuery<'_>) -> u64 {
        let rest = self.events.get(index(query.after.get())..).unwrap_or_default();
        rest.iter().filter(|event| query.selects(event)).count() as u64
    }

    pub(super) fn locate(&self, id: EventId) -> Option<EventAddress> {
        let event = self.at(*self.ids.get(&id)?)?;
        Some(EventAddress::new(id, event.stream.id(), event.version, event.position))
    }

    /// The event of a stream, if it has that version at that position.
    pub(super) fn event_at(
        &self,
        stream: &StreamId,
        version: Version,
        position: Position,
    ) -> Option<EventId> {
        let event = self.at(position)?;
        (event.stream == *stream && event.version == version).then_some(event.id)
    }

    fn at(&self, position: Position) -> Option<&StoredEvent> {
        self.events.get(index(position.get()).checked_sub(1)?)
    }

    pub(super) fn version(&self, stream: &StreamId) -> Result<Version, StoreError> {
        match self.streams.get(&stream.id()) {
            None => Ok(Version::START),
            Some(head) if head.category == *stream.category() => {
                Ok(Version::new(head.positions.len() as u64))
            }
            Some(head) => Err(StoreError::WrongCategory {
                stream: stream.clone(),
                actual: head.category.clone(),
            }),
        }
    }
}

/// A number of events as an index; beyond the address space there is nothing to find anyway.
fn index(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
