//! From a stored record to the handler of its event.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::aggregate::{Aggregate, HandledBy};
use crate::error::{Cause, ReplayError};
use crate::event::{Event, SchemaVersion};
use crate::id::{EventId, StreamId};
use crate::metadata::Metadata;
use crate::name::EventName;
use crate::record::{NewEvent, StoredEvent};
use crate::version::{Position, Version};

/// What is known about an event besides its payload: the second parameter of a handler, for those who want it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EventContext<'a> {
    /// The event's identity.
    pub event_id: EventId,
    /// Its stream.
    pub stream: &'a StreamId,
    /// Where it stands in its stream.
    pub version: Version,
    /// Where it stands in the log; `None` while it is recorded but not saved.
    pub position: Option<Position>,
    /// When it happened, by the writer's word.
    pub occurred_at: DateTime<Utc>,
    /// When it was stored; `None` while it is recorded but not saved.
    pub recorded_at: Option<DateTime<Utc>>,
    /// Who and why.
    pub metadata: &'a Metadata,
}

impl<'a> EventContext<'a> {
    /// The context of an event that a store gave back.
    pub const fn of(event: &'a StoredEvent) -> Self {
        Self {
            event_id: event.id,
            stream: &event.stream,
            version: event.version,
            position: Some(event.position),
            occurred_at: event.occurred_at,
            recorded_at: Some(event.recorded_at),
            metadata: &event.metadata,
        }
    }

    /// The context of an event that is not stored yet but will have `version` in `stream`.
    pub const fn pending(event: &'a NewEvent, stream: &'a StreamId, version: Version) -> Self {
        Self {
            event_id: event.id,
            stream,
            version,
            position: None,
            occurred_at: event.occurred_at,
            recorded_at: None,
            metadata: &event.metadata,
        }
    }
}

/// One row of an aggregate's dispatch table: an event's name, and how to decode and apply it.
pub struct Handler<A> {
    name: &'static str,
    schema_version: SchemaVersion,
    apply: fn(&mut Option<A>, &StoredEvent) -> Result<(), ReplayError>,
}

impl<A: Aggregate> Handler<A> {
    /// The row of event `E`.
    pub const fn of<E: HandledBy<A>>() -> Self {
        Self { name: E::NAME, schema_version: E::VERSION, apply: decode_and_apply::<A, E> }
    }

    /// The event's stored name.
    pub const fn event_name(&self) -> &'static str {
        self.name
    }

    /// The version of the event's schema that the program writes.
    pub const fn schema_version(&self) -> SchemaVersion {
        self.schema_version
    }
}

impl<A> Handler<A> {
    /// A row of no event, for generated code that does not compile.
    pub(crate) const fn never() -> Self {
        Self { name: "", schema_version: SchemaVersion::FIRST, apply: |_, _| Ok(()) }
    }
}

impl<A> fmt::Debug for Handler<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handler({} v{})", self.name, self.schema_version)
    }
}

/// Applies a stored event to a state, through the aggregate's table.
pub(crate) fn replay<A: Aggregate>(
    state: &mut Option<A>,
    event: &StoredEvent,
) -> Result<(), ReplayError> {
    match A::HANDLERS.iter().find(|row| event.name == row.name) {
        Some(row) => (row.apply)(state, event),
        None => Err(ReplayError::UnknownEvent { event: event.name.clone(), aggregate: A::NAME }),
    }
}

fn decode_and_apply<A, E: HandledBy<A>>(
    state: &mut Option<A>,
    stored: &StoredEvent,
) -> Result<(), ReplayError> {
    stored.decode::<E>()?.apply_to(state, &EventContext::of(stored))
}

impl StoredEvent {
    /// The typed event, straight from its JSON text. The name is not looked at: whoever asks has compared it with
    /// `E::NAME`.
    ///
    /// # Errors
    /// [`ReplayError`] when the schema version is not the one of `E`, or the JSON does not fit `E`.
    pub fn decode<E: Event>(&self) -> Result<E, ReplayError> {
        let event = || -> EventName { self.name.clone() };
        let (found, known) = (self.schema_version, E::VERSION);
        if found > known {
            return Err(ReplayError::NewerSchema { event: event(), found, known });
        }
        if found < known {
            return Err(ReplayError::OlderSchema { event: event(), found, known });
        }
        self.payload.decode().map_err(|error| ReplayError::Decode {
            event: event(),
            rust_type: std::any::type_name::<E>(),
            cause: Cause::new(error),
        })
    }
}
