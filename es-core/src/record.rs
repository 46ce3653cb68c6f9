//! Raw records: what stores speak. Nothing here knows a domain type.

use chrono::{DateTime, Utc};
use serde::ser::{Error as _, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::EncodeError;
use crate::event::{Event, SchemaVersion};
use crate::id::{EventId, StreamId};
use crate::metadata::Metadata;
use crate::name::{EventName, fits};
use crate::payload::Payload;
use crate::store::truncate_to_micros;
use crate::version::{Position, Version};

/// An event on its way into a store. Versions and positions are given by the store, never by the writer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NewEvent {
    /// Its identity; a store takes each id once.
    pub id: EventId,
    /// Its stored name.
    pub name: EventName,
    /// The version of its schema.
    pub schema_version: SchemaVersion,
    /// Its JSON.
    pub payload: Payload,
    /// Who and why.
    pub metadata: Metadata,
    /// When it happened: now, unless an import knows better.
    pub occurred_at: DateTime<Utc>,
}

impl NewEvent {
    /// Encodes a typed event that happened now, with a new id and no metadata.
    ///
    /// # Errors
    /// [`EncodeError`] when the event cannot be written as JSON and read back, or is named against the rule.
    pub fn of<E: Event>(event: &E) -> Result<Self, EncodeError> {
        Ok(Self::raw(name_of::<E>()?, E::VERSION, Payload::encode(event)?))
    }

    /// [`of`](Self::of), with an identity, and with the event as it will be read.
    pub(crate) fn with_read<E: Event>(id: EventId, event: &E) -> Result<(Self, E), EncodeError> {
        let name = name_of::<E>()?;
        let (payload, read) = Payload::encode_and_read(event)?;
        Ok((Self::identified(id, name, E::VERSION, payload), read))
    }

    /// An event from its parts, happening now, with a new id and no metadata.
    pub fn raw(name: EventName, schema_version: SchemaVersion, payload: Payload) -> Self {
        Self::identified(EventId::new(), name, schema_version, payload)
    }

    /// An event from its parts that has an identity already and happened at its own time; with no metadata.
    pub fn existing(
        id: EventId,
        name: EventName,
        schema_version: SchemaVersion,
        payload: Payload,
        occurred_at: DateTime<Utc>,
    ) -> Self {
        let occurred_at = truncate_to_micros(occurred_at);
        Self { id, name, schema_version, payload, metadata: Metadata::new(), occurred_at }
    }

    fn identified(
        id: EventId,
        name: EventName,
        schema_version: SchemaVersion,
        payload: Payload,
    ) -> Self {
        Self::existing(id, name, schema_version, payload, Utc::now())
    }

    /// Sets the identity.
    #[must_use]
    pub fn id(mut self, id: EventId) -> Self {
        self.id = id;
        self
    }

    /// Sets the metadata.
    #[must_use]
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Sets when it happened, cut to the microsecond: handlers see the time now that they see after loading.
    #[must_use]
    pub fn occurred_at(mut self, time: DateTime<Utc>) -> Self {
        self.occurred_at = truncate_to_micros(time);
        self
    }
}

fn name_of<E: Event>() -> Result<EventName, EncodeError> {
    if const { fits(E::NAME) } {
        return Ok(EventName::of_checked(E::NAME));
    }
    EventName::new(E::NAME).map_err(EncodeError::Name)
}

/// An event as a store gives it back.
///
/// As JSON (through serde) it is `{event_type, event_id, stream, version, position, schema_version, occurred_at,
/// recorded_at, metadata, data}`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StoredEvent {
    /// Its identity.
    pub id: EventId,
    /// Its stream.
    pub stream: StreamId,
    /// Where it stands in its stream.
    pub version: Version,
    /// Where it stands in the log.
    pub position: Position,
    /// Its stored name.
    pub name: EventName,
    /// The version of its schema.
    pub schema_version: SchemaVersion,
    /// Its JSON, as it was written.
    pub payload: Payload,
    /// Who and why.
    pub metadata: Metadata,
    /// When it happened, by the writer's word.
    pub occurred_at: DateTime<Utc>,
    /// When it was stored, by the store's clock; by that of the store before, where it was imported from one.
    pub recorded_at: DateTime<Utc>,
}

impl StoredEvent {
    /// What a store adds to a new event when it takes it; for adapters and tests.
    pub fn record(
        event: NewEvent,
        stream: StreamId,
        version: Version,
        position: Position,
        recorded_at: DateTime<Utc>,
    ) -> Self {
        let NewEvent { id, name, schema_version, payload, metadata, occurred_at } = event;
        Self {
            id,
            stream,
            version,
            position,
            name,
            schema_version,
            payload,
            metadata,
            occurred_at,
            recorded_at,
        }
    }
}

impl Serialize for StoredEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let data: &RawValue =
            serde_json::from_str(self.payload.as_str()).map_err(S::Error::custom)?;
        let mut fields = serializer.serialize_struct("StoredEvent", 10)?;
        fields.serialize_field("event_type", self.name.as_str())?;
        fields.serialize_field("event_id", &self.id)?;
        fields.serialize_field("stream", &self.stream.to_string())?;
        fields.serialize_field("version", &self.version)?;
        fields.serialize_field("position", &self.position)?;
        fields.serialize_field("schema_version", &self.schema_version)?;
        fields.serialize_field("occurred_at", &self.occurred_at)?;
        fields.serialize_field("recorded_at", &self.recorded_at)?;
        fields.serialize_field("metadata", &self.metadata)?;
        fields.serialize_field("data", data)?;
        fields.end()
    }
}
