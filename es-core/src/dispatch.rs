//! From a stored record to the handler of its event.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::aggregate::{Aggregate, HandledBy, UnknownEvents};
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

/// One row of an aggregate's dispatch table: an event's type, and how to decode and apply it, or that it changes nothing.
pub struct Handler<A> {
    // The event's name stands beside the event, and that elsewhere, so that a search touches little memory.
    name: &'static str,
    event: &'static EventType,
    /// `None` when the event is ignored.
    apply: Option<Apply<A>>,
}

type Apply<A> = fn(&mut Option<A>, &StoredEvent) -> Result<(), ReplayError>;

impl<A: Aggregate> Handler<A> {
    /// The row of event `E`.
    pub const fn of<E: HandledBy<A>>() -> Self {
        let event = const { &EventType::of::<E>() };
        Self { name: E::NAME, event, apply: Some(decode_and_apply::<A, E>) }
    }

    /// The row of event `E`, which changes nothing: it is not even decoded.
    pub const fn ignored<E: Event>() -> Self {
        Self { name: E::NAME, event: const { &EventType::of::<E>() }, apply: None }
    }
}

impl<A> Handler<A> {
    /// The event.
    pub const fn event(&self) -> &'static EventType {
        self.event
    }

    /// Whether the event changes nothing.
    pub const fn is_ignored(&self) -> bool {
        self.apply.is_none()
    }

    /// A row of no event, for generated code that does not compile.
    pub(crate) const fn never() -> Self {
        Self { name: "", event: const { &EventType::NONE }, apply: None }
    }
}

impl<A> fmt::Debug for Handler<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ignored = if self.is_ignored() { ", ignored" } else { "" };
        write!(f, "Handler({} v{}{ignored})", self.event.name(), self.event.schema_version())
    }
}

/// Applies a stored event to a state, through the aggregate's table.
#[inline]
pub(crate) fn replay<A: Aggregate>(
    state: &mut Option<A>,
    event: &StoredEvent,
) -> Result<(), ReplayError> {
    let name = event.name.as_str();
    match A::HANDLERS.iter().find(|row| row.name == name) {
        Some(Handler { apply: Some(apply), .. }) => apply(state, event),
        Some(row) => ignore(state.as_ref(), row.name),
        None => replay_other(state, event),
    }
}

/// An event that has no name of today.
#[cold]
fn replay_other<A: Aggregate>(
    state: &mut Option<A>,
    event: &StoredEvent,
) -> Result<(), ReplayError> {
    let name = event.name.as_str();
    match A::HANDLERS.iter().find(|row| row.event.aliases().contains(&name)) {
        Some(Handler { apply: Some(apply), .. }) => apply(state, event),
        Some(row) => ignore(state.as_ref(), row.name),
        None if matches!(A::UNKNOWN, UnknownEvents::Ignore) => Ok(()),
        None => Err(ReplayError::UnknownEvent { event: event.name.clone(), aggregate: A::NAME }),
    }
}

/// What an ignored event does: nothing, to a state that there is.
pub(crate) fn ignore<A: Aggregate>(
    state: Option<&A>,
    event: &'static str,
) -> Result<(), ReplayError> {
    match state {
        Some(_) => Ok(()),
        None => Err(ReplayError::NotBegun { event, aggregate: A::NAME }),
    }
}

fn decode_and_apply<A, E: HandledBy<A>>(
    state: &mut Option<A>,
    stored: &StoredEvent,
) -> Result<(), ReplayError> {
    // Written out: `?` would move the event once more.
    match stored.decode::<E>() {
        Ok(event) => event.apply_to(state, &EventContext::of(stored)),
        Err(error) => Err(error),
    }
}

impl StoredEvent {
    /// The typed event: straight from its JSON text when it was stored at the version of today, else by the upcaster of its
    /// version. The name is not looked at: whoever asks has compared it with those of `E`.
    ///
    /// # Errors
    /// [`ReplayError`] when `E` knows nothing of the schema version, or the JSON does not fit.
    #[inline]
    pub fn decode<E: Event>(&self) -> Result<E, ReplayError> {
        if self.schema_version != E::VERSION {
            return self.upcast();
        }
        match self.payload.decode() {
            Ok(event) => Ok(event),
            Err(error) => Err(self.undecodable(std::any::type_name::<E>(), error)),
        }
    }

    #[cold]
    fn undecodable(&self, rust_type: &'static str, error: serde_json::Error) -> ReplayError {
        ReplayError::Decode { event: self.name.clone(), rust_type, cause: Cause::new(error) }
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
