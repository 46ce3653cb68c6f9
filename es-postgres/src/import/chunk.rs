//! Events as COPY wants them: one buffer, in which only the versions, and the times of
//! storing, are open until the streams' rows are locked.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use es_core::{
    EventId, ImportError, ImportedEvent, Invalid, Payload, StoreError, StreamId, Version,
};
use uuid::Uuid;

use crate::row::EPOCH;

/// A chunk ends when it has so many bytes, however few events that are.
const BYTES: usize = 4 * 1024 * 1024;

/// The longest value: what the server can take, and a length can say.
const LONGEST: usize = 1 << 29;

/// What COPY's binary format begins with: its signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// The number of columns in `import_events.sql`.
const COLUMNS: i16 = 10;

/// Events that are sent together.
pub(super) struct Chunk {
    bytes: Vec<u8>,
    rows: Vec<Row>,
    streams: Vec<StreamId>,
    counts: Vec<i64>,
    by_id: HashMap<Uuid, usize>,
}

struct Row {
    /// Where its version stands among the bytes.
    version_at: usize,
    /// Where the time at which it is stored stands, unless the event says it itself.
    recorded_at: Option<usize>,
    /// Which of the chunk's streams it belongs to.
    stream: usize,
    demanded: Option<Version>,
}

impl Chunk {
    pub(super) fn new() -> Self {
        Self {
            bytes: HEADER.to_vec(),
            rows: Vec::new(),
            streams: Vec::new(),
            counts: Vec::new(),
            by_id: HashMap::new(),
        }
    }

    pub(super) fn events(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn has_room(&self) -> bool {
        self.bytes.len() < BYTES
    }

    /// The streams, each with its number of events here.
    pub(super) fn streams(&self) -> impl Iterator<Item = (&StreamId, i64)> {
        self.streams.iter().zip(self.counts.iter().copied())
    }

    pub(super) fn push(
        &mut self,
        imported: &ImportedEvent,
        metadata: Option<&Payload>,
    ) -> Result<(), ImportError> {
        let ImportedEvent { stream, event, version, recorded_at, .. } = imported;
        let (payload, metadata) = (event.payload.as_str(), metadata.map_or("{}", Payload::as_str));
        for (part, text) in [("payload", payload), ("metadata", metadata)] {
            if text.len() > LONGEST {
                let (name, bytes) = (event.name.clone(), text.len());
                let cause = Invalid::TooLarge { part, event: name, bytes, limit: LONGEST };
                return Err(ImportError::Invalid { event: event.id, cause });
            }
        }
        let place = self.place(stream)?;
        self.bytes.extend_from_slice(&COLUMNS.to_be_bytes());
        self.value(stream.id().as_bytes());
        self.value(&0_i64.to_be_bytes());
        let version_at = self.last_number();
        self.value(event.id.as_uuid().as_bytes());
        self.value(stream.category().as_str().as_bytes());
        self.value(event.name.as_str().as_bytes());
        self.value(&event.schema_version.get().to_be_bytes());
        self.value(payload.as_bytes());
        self.value(metadata.as_bytes());
        self.value(&micros(event.occurred_at).to_be_bytes());
        self.value(&recorded_at.map_or(0, micros).to_be_bytes());
        let recorded_at = recorded_at.is_none().then(|| self.last_number());
        self.rows.push(Row { version_at, recorded_at, stream: place, demanded: *version });
        Ok(())
    }

    /// Which of the chunk's streams this is.
    fn place(&mut self, stream: &StreamId) -> Result<usize, StoreError> {
        let place = *self.by_id.entry(stream.id()).or_insert(self.streams.len());
        if place == self.streams.len() {
            self.streams.push(stream.clone());
            self.counts.push(0);
        }
        let actual = self.streams[place].category();
        if actual != stream.category() {
            let (stream, actual) = (stream.clone(), actual.clone());
            return Err(StoreError::WrongCategory { stream, actual });
        }
        self.counts[place] += 1;
        Ok(place)
    }

    fn value(&mut self, bytes: &[u8]) {
        let length = u32::try_from(bytes.len()).expect("names and payloads are shorter than 2^31");
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(bytes);
    }

    /// Where the value that was written last stands, which is a number of eight bytes.
    fn last_number(&self) -> usize {
        self.bytes.len() - size_of::<i64>()
    }

    /// Writes the versions in, given that of each stream before the chunk, and the time, and ends it.
    pub(super) fn finish(
        &mut self,
        mut versions: Vec<i64>,
        now: DateTime<Utc>,
    ) -> Result<(), ImportError> {
        let now = micros(now);
        for row in &self.rows {
            let version = &mut versions[row.stream];
            let actual = Version::new(version.cast_unsigned());
            *version += 1;
            let given = Version::new(version.cast_unsigned());
            if let Some(demanded) = row.demanded.filter(|demanded| *demanded != given) {
                let (stream, event) = (self.streams[row.stream].clone(), self.id(row));
                return Err(ImportError::Conflict { stream, event, demanded, actual });
            }
            fill(&mut self.bytes, row.version_at, *version);
            if let Some(at) = row.recorded_at {
                fill(&mut self.bytes, at, now);
            }
        }
        self.bytes.extend_from_slice(&(-1_i16).to_be_bytes());
        Ok(())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The ids of the events, in order.
    pub(super) fn ids(&self) -> impl Iterator<Item = EventId> {
        self.rows.iter().map(|row| self.id(row))
    }

    /// It stands behind the version and its own length.
    fn id(&self, row: &Row) -> EventId {
        let at = row.version_at + size_of::<i64>() + size_of::<u32>();
        let mut id = uuid::Bytes::default();
        id.copy_from_slice(&self.bytes[at..at + size_of::<uuid::Bytes>()]);
        EventId::from_uuid(Uuid::from_bytes(id))
    }

    pub(super) fn last(&self) -> Option<EventId> {
        self.rows.last().map(|row| self.id(row))
    }
}

fn fill(bytes: &mut [u8], at: usize, number: i64) {
    bytes[at..at + size_of::<i64>()].copy_from_slice(&number.to_be_bytes());
}

/// As the server counts.
fn micros(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros() - EPOCH
}
