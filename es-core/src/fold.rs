//! State from events: the one place where stored and recorded events are applied.

use crate::aggregate::Aggregate;
use crate::dispatch::{EventContext, replay};
use crate::error::{AppendError, LoadError, ReplayError, SaveError, StoreError};
use crate::events::{Events, Recorded};
use crate::id::StreamId;
use crate::metadata::Metadata;
use crate::record::{NewEvent, StoredEvent};
use crate::version::{Position, Version};

/// A stream replayed up to some version.
pub(crate) struct Fold<A> {
    pub(crate) stream: StreamId,
    pub(crate) state: Option<A>,
    pub(crate) version: Version,
    pub(crate) position: Position,
}

impl<A: Aggregate> Fold<A> {
    pub(crate) fn new(stream: StreamId) -> Self {
        let (version, position) = (Version::START, Position::START);
        Self { stream, state: A::initial(), version, position }
    }

    /// A stream that was replayed up to `version` before.
    pub(crate) const fn resumed(
        stream: StreamId,
        state: A,
        version: Version,
        position: Position,
    ) -> Self {
        Self { stream, state: Some(state), version, position }
    }

    /// Applies the next stored event.
    pub(crate) fn replay(&mut self, event: &StoredEvent) -> Result<(), LoadError> {
        let expected = next(&self.stream, self.version, 1)?;
        if event.stream != self.stream || event.version != expected {
            return Err(self.refused(event, misplaced(event, &self.stream, expected)));
        }
        if let Err(cause) = replay(&mut self.state, event) {
            return Err(self.refused(event, cause));
        }
        self.version = event.version;
        self.position = event.position;
        Ok(())
    }

    #[cold]
    fn refused(&self, event: &StoredEvent, cause: ReplayError) -> LoadError {
        LoadError::Replay { stream: self.stream.clone(), version: event.version, cause }
    }

    /// Encodes new events and applies them as if they followed `pending` others. All are encoded before any is
    /// applied, so an event that cannot be written changes nothing.
    pub(crate) fn record(
        &mut self,
        events: Events<A>,
        pending: usize,
        metadata: &Metadata,
    ) -> Result<Vec<NewEvent>, SaveError> {
        let events: Vec<_> = events.into_recorded().collect();
        let encoded =
            events.iter().map(|event| encode(&**event, metadata)).collect::<Result<Vec<_>, _>>()?;
        for (at, (event, new)) in events.iter().zip(&encoded).enumerate() {
            let version = next(&self.stream, self.version, pending + at + 1)
                .map_err(|error| SaveError::Append(AppendError::Store(error)))?;
            let cx = EventContext::pending(new, &self.stream, version);
            event
                .apply(&mut self.state, &cx)
                .map_err(|cause| SaveError::Replay { stream: self.stream.clone(), cause })?;
        }
        Ok(encoded)
    }
}

fn encode<A>(event: &dyn Recorded<A>, metadata: &Metadata) -> Result<NewEvent, SaveError> {
    match event.encode() {
        Ok(new) => Ok(new.metadata(metadata.clone())),
        Err(cause) => Err(SaveError::Encode { event: event.name(), cause }),
    }
}

#[cold]
fn misplaced(event: &StoredEvent, stream: &StreamId, expected: Version) -> ReplayError {
    if event.stream == *stream {
        ReplayError::Hole { expected, found: event.version }
    } else {
        ReplayError::OtherStream { found: event.stream.clone() }
    }
}

#[inline]
fn next(stream: &StreamId, version: Version, by: usize) -> Result<Version, StoreError> {
    version.checked_add(by as u64).ok_or_else(|| uncountable(stream, version))
}

#[cold]
fn uncountable(stream: &StreamId, version: Version) -> StoreError {
    StoreError::Corrupt {
        what: format!("stream {stream} is at version {version}, the last that can be counted"),
    }
}
