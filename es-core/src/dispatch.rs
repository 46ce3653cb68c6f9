//! From a stored record to the handler of its event.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, HandledBy};
use crate::error::{Cause, ReplayError};
use crate::event::Event;
use crate::event_type::EventType;
use crate::id::{EventId, StreamId};
use crate::metadata::Metadata;
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

/// One row of an aggregate's dispatch table: an event's type, and how to decode and apply it.
pub struct Handler<A> {
    event: EventType,
    apply: fn(&mut Option<A>, &StoredEvent) -> Result<(), ReplayError>,
}

impl<A: Aggregate> Handler<A> {
    /// The row of event `E`.
    pub const fn of<E: HandledBy<A>>() -> Self {
        Self { event: EventType::of::<E>(), apply: decode_and_apply::<A, E> }
    }

    /// The event.
    pub const fn event(&self) -> &EventType {
        &self.event
    }
}

impl<A> Handler<A> {
    /// A row of no event, for generated code that does not compile.
    pub(crate) const fn never() -> Self {
        Self { event: EventType::of::<Nothing>(), apply: |_, _| Ok(()) }
    }
}

/// The event of no row.
#[derive(Serialize, Deserialize)]
struct Nothing;

impl Event for Nothing {
    const NAME: &'static str = "";
}

impl<A> fmt::Debug for Handler<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handler({:?})", self.event)
    }
}

/// Applies a stored event to a state, through the aggregate's table.
pub(crate) fn replay<A: Aggregate>(
    state: &mut Option<A>,
    event: &StoredEvent,
) -> Result<(), ReplayError> {
    let name = event.name.as_str();
    let row = A::HANDLERS.iter().find(|row| row.event.name() == name).or_else(|| {
        // Only events from before a change of name come here.
        A::HANDLERS.iter().find(|row| row.event.aliases().contains(&name))
    });
    match row {
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
    /// The typed event: straight from its JSON text when it was stored at the version of today, else by the upcaster of its
    /// version. The name is not looked at: whoever asks has compared it with those of `E`.
    ///
    /// # Errors
    /// [`ReplayError`] when `E` knows nothing of the schema version, or the JSON does not fit.
    pub fn decode<E: Event>(&self) -> Result<E, ReplayError> {
        if self.schema_version != E::VERSION {
            return self.upcast();
        }
        self.payload.decode().map_err(|error| ReplayError::Decode {
            event: self.name.clone(),
            rust_type: std::any::type_name::<E>(),
            cause: Cause::new(error),
        })
    }

    #[cold]
    fn upcast<E: Event>(&self) -> Result<E, ReplayError> {
        let (event, found, known) = (self.name.clone(), self.schema_version, E::VERSION);
        if found > known {
            return Err(ReplayError::NewerSchema { event, found, known });
        }
        let Some(upcaster) = E::UPCASTERS.iter().find(|upcaster| upcaster.from() == found) else {
            return Err(ReplayError::OlderSchema { event, found, known });
        };
        upcaster.upcast(self.payload.as_str()).map_err(|cause| ReplayError::Upcast {
            event,
            found,
            known,
            cause,
        })
    }
}
