//! State from events: the one place where stored and recorded events are applied.

use crate::aggregate::Aggregate;
use crate::command_id::CommandId;
use crate::dispatch::{EventContext, replay};
use crate::error::{AppendError, EncodeError, LoadError, ReplayError, SaveError, StoreError};
use crate::events::{Events, Recorded};
use crate::id::{EventId, StreamId};
use crate::metadata::Metadata;
use crate::record::{NewEvent, StoredEvent};
use crate::store::Appended;
use crate::version::{Position, Version};

/// A stream replayed up to some version.
pub(crate) struct Fold<A> {
    pub(crate) stream: StreamId,
    pub(crate) state: Option<A>,
    pub(crate) version: Version,
    pub(crate) position: Position,
    /// The event of that version, if it was seen: by it another stream of the same length is told apart.
    pub(crate) tip: Option<EventId>,
}

/// Where recorded events come from: what their ids and metadata are made of.
pub(crate) struct Origin<'a> {
    pub(crate) metadata: &'a Metadata,
    pub(crate) command: Option<CommandId>,
}

impl<'a> Origin<'a> {
    /// No command that has an id.
    pub(crate) const fn of(metadata: &'a Metadata) -> Self {
        Self { metadata, command: None }
    }

    fn event_id(&self, stream: &StreamId, nth: usize) -> EventId {
        match self.command {
            Some(command) => command.event_id(stream.id(), nth),
            None => EventId::new(),
        }
    }
}

impl<A: Aggregate> Fold<A> {
    pub(crate) fn new(stream: StreamId) -> Self {
        let (version, position) = (Version::START, Position::START);
        Self { stream, state: A::initial(), version, position, tip: None }
    }

    /// As far in the same stream, with a copy of the state.
    pub(crate) fn copy(&self, copy: fn(&A) -> A) -> Self {
        let Self { version, position, tip, .. } = *self;
        let (stream, state) = (self.stream.clone(), self.state.as_ref().map(copy));
        Self { stream, state, version, position, tip }
    }

    /// What was recorded on it is stored; `last` is the last of it.
    pub(crate) fn appended(&mut self, appended: Appended, last: Option<EventId>) {
        self.version = appended.version;
        self.position = appended.position;
        self.tip = last;
    }

    /// Itself, if anything has begun it.
    pub(crate) fn begun(self) -> Result<Self, LoadError> {
        if self.state.is_some() {
            return Ok(self);
        }
        let Self { stream, version, .. } = self;
        Err(match version {
            Version::START => LoadError::NotFound { stream },
            version => LoadError::NotBegun { stream, version },
        })
    }

    /// A stream that was replayed up to `version` before.
    pub(crate) const fn resumed(
        stream: StreamId,
        state: A,
        version: Version,
        position: Position,
        tip: EventId,
    ) -> Self {
        Self { stream, state: Some(state), version, position, tip: Some(tip) }
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
        self.tip = Some(event.id);
        Ok(())
    }

    #[cold]
    fn refused(&self, event: &StoredEvent, cause: ReplayError) -> LoadError {
        LoadError::Replay { stream: self.stream.clone(), version: event.version, cause }
    }

    /// Encodes new events and applies them, as they will be read, as if they followed `pending` others. All are encoded
    /// before any is applied, so an event that cannot be written changes nothing.
    pub(crate) fn record(
        &mut self,
        events: Events<A>,
        pending: usize,
        origin: &Origin<'_>,
    ) -> Result<Vec<NewEvent>, SaveError> {
        let mut events = events.into_recorded();
        let mut encoded = Vec::with_capacity(events.len());
        for (nth, event) in (pending..).zip(&mut events) {
            let id = origin.event_id(&self.stream, nth);
            let new = event.encode(id).map_err(|cause| unwritable(&**event, cause))?;
            encoded.push(new.metadata(origin.metadata.clone()));
        }
        self.apply(&events, &encoded, pending)?;
        Ok(encoded)
    }

    /// [`record`](Self::record), but the events are applied as they were made: the test kit shows what differs then.
    #[cfg(feature = "testing")]
    pub(crate) fn record_as_made(
        &mut self,
        events: Events<A>,
        pending: usize,
    ) -> Result<Vec<NewEvent>, SaveError> {
        let events = events.into_recorded();
        let mut encoded = Vec::with_capacity(events.len());
        for event in &events {
            let new = event.encode_only();
            encoded.push(new.map_err(|cause| unwritable(&**event, cause))?);
        }
        self.apply(&events, &encoded, pending)?;
        Ok(encoded)
    }

    fn apply(
        &mut self,
        events: &[Box<dyn Recorded<A>>],
        encoded: &[NewEvent],
        pending: usize,
    ) -> Result<(), SaveError> {
        for (nth, (event, new)) in (pending + 1..).zip(events.iter().zip(encoded)) {
            let version = next(&self.stream, self.version, nth)
                .map_err(|error| SaveError::Append(AppendError::Store(error)))?;
            let cx = EventContext::pending(new, &self.stream, version);
            event
                .apply(&mut self.state, &cx)
                .map_err(|cause| SaveError::Replay { stream: self.stream.clone(), cause })?;
        }
        Ok(())
    }
}

#[cold]
fn unwritable<A>(event: &dyn Recorded<A>, cause: EncodeError) -> SaveError {
    SaveError::Encode { event: event.name(), cause }
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
