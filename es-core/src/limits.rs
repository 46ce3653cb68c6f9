//! What a store refuses before it writes: the same rules for all stores.

use std::collections::HashSet;

use chrono::{DateTime, Datelike as _, Utc};

use crate::bulk::ImportedEvent;
use crate::error::{AppendError, ImportError, Invalid};
use crate::metadata::Metadata;
use crate::payload::{Payload, inspect};
use crate::record::NewEvent;
use crate::store::StreamAppend;

/// How much one append may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of JSON in one event's payload (default 1 MiB). The same limit holds for its metadata.
    pub payload_bytes: usize,
    /// Events in one stream's append (default 4,096).
    pub events: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { payload_bytes: 1024 * 1024, events: 4096 }
    }
}

impl Limits {
    /// Sets the bytes allowed in one payload, and in one event's metadata.
    #[must_use]
    pub const fn payload_bytes(mut self, bytes: usize) -> Self {
        self.payload_bytes = bytes;
        self
    }

    /// Sets the number of events allowed in one stream's append.
    #[must_use]
    pub const fn events(mut self, events: usize) -> Self {
        self.events = events;
        self
    }

    /// Checks the entries of one `append_many`: one answer per entry, in order.
    ///
    /// Event ids and streams must be unique over the whole call; the entry that repeats one is the one refused.
    pub fn check_all(&self, appends: &[StreamAppend]) -> Vec<Result<(), AppendError>> {
        // By far the most common call: one event, which repeats nothing.
        if let [append] = appends
            && append.events.len() == 1
        {
            return vec![self.check(append).map_err(AppendError::Invalid)];
        }
        let (mut events, mut streams) = (HashSet::new(), HashSet::new());
        let mut check = |append: &StreamAppend| {
            self.check(append)?;
            if !streams.insert(append.stream.id()) {
                return Err(Invalid::RepeatedStream { stream: append.stream.clone() });
            }
            match append.events.iter().find(|event| !events.insert(event.id)) {
                Some(event) => Err(Invalid::RepeatedEvent { event: event.id }),
                None => Ok(()),
            }
        };
        appends.iter().map(|append| check(append).map_err(AppendError::Invalid)).collect()
    }

    fn check(&self, append: &StreamAppend) -> Result<(), Invalid> {
        let stream = || append.stream.clone();
        match append.events.len() {
            0 => return Err(Invalid::NoEvents { stream: stream() }),
            events if events > self.events => {
                return Err(Invalid::TooManyEvents {
                    stream: stream(),
                    events,
                    limit: self.events,
                });
            }
            _ => {}
        }
        append.events.iter().try_for_each(|event| self.check_event(event).map(drop))
    }

    /// Checks one event by itself, and gives the JSON of its metadata, which has to be made for that; `None` when nothing
    /// is known.
    ///
    /// # Errors
    /// [`Invalid`] names the event and says what no store takes of it.
    pub fn check_event(&self, event: &NewEvent) -> Result<Option<Payload>, Invalid> {
        self.check_size("payload", event, event.payload.as_str().len())?;
        let metadata = if event.metadata.is_empty() {
            None
        } else {
            let refused = |reason| Invalid::Metadata { event: event.name.clone(), reason };
            let metadata = serde_json::to_string(&event.metadata);
            let metadata = metadata.map_err(|error| refused(error.to_string()))?;
            inspect(&metadata).map_err(|error| refused(error.to_string()))?;
            if !reads_back(&metadata, &event.metadata) {
                return Err(refused("it would not be read back as it is".to_owned()));
            }
            self.check_size("metadata", event, metadata.len())?;
            Some(Payload::trusted(metadata))
        };
        check_time(event, event.occurred_at)?;
        Ok(metadata)
    }

    /// [`check_event`](Self::check_event) of an event that is imported, with the time at which it was recorded.
    ///
    /// # Errors
    /// [`ImportError::Invalid`] names the event and says what no store takes of it.
    pub fn check_imported(&self, imported: &ImportedEvent) -> Result<Option<Payload>, ImportError> {
        let event = &imported.event;
        let checked = imported.recorded_at.map_or(Ok(()), |time| check_time(event, time));
        let checked = checked.and_then(|()| self.check_event(event));
        checked.map_err(|cause| ImportError::Invalid { event: event.id, cause })
    }

    fn check_size(
        &self,
        part: &'static str,
        event: &NewEvent,
        bytes: usize,
    ) -> Result<(), Invalid> {
        if bytes > self.payload_bytes {
            let (event, limit) = (event.name.clone(), self.payload_bytes);
            return Err(Invalid::TooLarge { part, event, bytes, limit });
        }
        Ok(())
    }
}

/// The years that both chrono and every SQL timestamp can hold, with room for a time zone.
fn check_time(event: &NewEvent, time: DateTime<Utc>) -> Result<(), Invalid> {
    if (-4700..=200_000).contains(&time.year()) {
        return Ok(());
    }
    Err(Invalid::Time { event: event.name.clone(), time: time.to_rfc3339() })
}

/// Whether metadata is read as it was written. Strings, UUIDs and JSON values that do not nest too deep are, so it is not
/// tried, as it is for a payload; but an object is taken for something else by `serde_json` when it begins with one
/// of the keys which that keeps for itself.
fn reads_back(json: &str, written: &Metadata) -> bool {
    !json.contains("$serde_json::private")
        || serde_json::from_str::<Metadata>(json).is_ok_and(|read| read == *written)
}
