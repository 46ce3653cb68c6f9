//! Whole logs in and out: an import that is one transaction, events as JSON lines, and one store into another.

mod compare;
mod export;
mod lines;
mod options;
#[cfg(test)]
mod tests;
mod transfer;

use std::error::Error;
use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_core::Stream;

pub use self::export::{Export, ExportError, export_log, export_stream};
pub use self::lines::{EventLines, LineError};
pub use self::options::{BulkProgress, ExistingStreams, ImportOptions};
pub use self::transfer::{Transfer, Transferred, transfer};
use crate::error::ImportError;
use crate::id::StreamId;
use crate::record::{NewEvent, StoredEvent};
use crate::store::{EventStore, truncate_to_micros};
use crate::version::{Position, Version};

/// An event on its way into a store together with its stream.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ImportedEvent {
    /// The stream that it belongs to.
    pub stream: StreamId,
    /// The event: its id, its times and its metadata are kept.
    pub event: NewEvent,
    /// The version that it must get; `None` when it may come after whatever is there.
    pub version: Option<Version>,
    /// When it was stored first, where it comes from a store; `None` when that is now.
    pub recorded_at: Option<DateTime<Utc>>,
}

impl ImportedEvent {
    /// `event` as the next one of `stream`.
    pub const fn new(stream: StreamId, event: NewEvent) -> Self {
        Self { stream, event, version: None, recorded_at: None }
    }

    /// Demands that it gets this version. An import with another next version in that stream is refused: this is how a
    /// missing or repeated event is noticed, and `Version::new(1)` says that the event begins its stream.
    #[must_use]
    pub const fn version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// Says when it was stored first, cut to the microsecond. Otherwise the store sets the time at which it stores it.
    #[must_use]
    pub fn recorded_at(mut self, time: DateTime<Utc>) -> Self {
        self.recorded_at = Some(truncate_to_micros(time));
        self
    }
}

/// As it was stored elsewhere and at that time, and demanding the version that it had there.
impl From<StoredEvent> for ImportedEvent {
    fn from(stored: StoredEvent) -> Self {
        let StoredEvent { id, stream, version, name, schema_version, payload, .. } = stored;
        let (metadata, occurred_at) = (stored.metadata, stored.occurred_at);
        let event = NewEvent { id, name, schema_version, payload, metadata, occurred_at };
        Self { stream, event, version: Some(version), recorded_at: Some(stored.recorded_at) }
    }
}

/// What an import has stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Imported {
    /// How many events.
    pub events: u64,
    /// The position of the last of them; `None` when there was none.
    pub position: Option<Position>,
}

impl Imported {
    /// So many events, the last of which is at `position`.
    pub const fn new(events: u64, position: Option<Position>) -> Self {
        Self { events, position }
    }
}

/// A store that takes many events at once.
///
/// An implementation must pass `es_core::bulk_store_contract!`. In words:
/// - an import is stored whole or not at all, and nobody sees a part of it;
/// - versions and positions are given in the order in which the events arrive;
/// - `recorded_at` is kept where an event has one, and the time of storing elsewhere;
/// - what an append refuses is refused here too, by an error that names the event or the stream;
/// - memory holds one chunk of events, and one number for each stream, however many there are.
pub trait BulkStore: EventStore {
    /// Stores all of `events`, or none of them.
    ///
    /// On a durable store this is one transaction, open from the first chunk to the last. Until it has ended, readers
    /// of the log are given nothing that was appended after its beginning, as they may not pass what may still be
    /// committed, and appends to the streams that it has touched wait. What must not wait, or must
    /// be resumed where it broke off, is better imported in several calls, with [`ExistingStreams::Continue`].
    ///
    /// Dropping the future stores nothing, unless the commit was on its way already.
    ///
    /// ```
    /// # use std::convert::Infallible;
    /// # use es_core::{BulkStore as _, Category, EventName, ImportOptions, ImportedEvent, MemoryStore, NewEvent, Payload, SchemaVersion, StreamId};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let stream = StreamId::new(Category::new("account")?, uuid::Uuid::now_v7());
    /// # let opened = NewEvent::raw(EventName::new("opened")?, SchemaVersion::FIRST, Payload::from_json("{}")?);
    /// let events = vec![ImportedEvent::new(stream, opened)];
    /// let events = futures_util::stream::iter(events.into_iter().map(Ok::<_, Infallible>));
    /// let store = MemoryStore::new();
    /// let imported = store.import(events, ImportOptions::new()).await?;
    /// assert_eq!(imported.events, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ImportError`]; only [`ImportError::OutcomeUnknown`] leaves open whether the events are stored.
    fn import<E, C>(
        &self,
        events: E,
        options: ImportOptions<'_>,
    ) -> impl Future<Output = Result<Imported, ImportError>> + Send
    where
        E: Stream<Item = Result<ImportedEvent, C>> + Send,
        C: Error + Send + Sync + 'static;
}

impl<S: BulkStore> BulkStore for Arc<S> {
    async fn import<E, C>(
        &self,
        events: E,
        options: ImportOptions<'_>,
    ) -> Result<Imported, ImportError>
    where
        E: Stream<Item = Result<ImportedEvent, C>> + Send,
        C: Error + Send + Sync + 'static,
    {
        (**self).import(events, options).await
    }
}
