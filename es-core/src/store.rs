//! What a store must do. Retry, decisions and paging are written once above these traits.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_core::Stream;

use crate::column::Table;
use crate::error::{AppendError, StoreError};
use crate::id::{EventId, StreamId};
use crate::read_model::{ReadModelBackend, RowSelection};
use crate::record::{NewEvent, StoredEvent};
use crate::version::{ExpectedVersion, Position, Version};

/// A boxed future, where a trait must stay usable as an object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Stored events as they come, one by one: memory stays flat however many there are.
pub type EventStream<'a> = Pin<Box<dyn Stream<Item = Result<StoredEvent, StoreError>> + Send + 'a>>;

/// Events for one stream, with what the writer believes about it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StreamAppend {
    /// The stream.
    pub stream: StreamId,
    /// The writer's belief.
    pub expected: ExpectedVersion,
    /// The events, in order.
    pub events: Vec<NewEvent>,
}

impl StreamAppend {
    /// `events` after `expected` in `stream`.
    pub fn new(stream: StreamId, expected: ExpectedVersion, events: Vec<NewEvent>) -> Self {
        Self { stream, expected, events }
    }
}

/// What became of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Appended {
    /// The version of the first event appended.
    pub first_version: Version,
    /// The version of the last one: the stream's version now.
    pub version: Version,
    /// The position of the last one.
    pub position: Position,
}

impl Appended {
    /// From the versions of the first and the last event, and the position of the last.
    pub const fn new(first_version: Version, version: Version, position: Position) -> Self {
        Self { first_version, version, position }
    }
}

/// Which events of a stream to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct StreamQuery {
    /// Only events after this version.
    pub after: Version,
    /// Only events up to and including this version.
    pub up_to: Option<Version>,
}

impl StreamQuery {
    /// The whole stream.
    pub const ALL: Self = Self { after: Version::START, up_to: None };

    /// The events after `version`.
    pub const fn after(version: Version) -> Self {
        Self { after: version, up_to: None }
    }

    /// Stops after `version`.
    #[must_use]
    pub const fn up_to(mut self, version: Version) -> Self {
        self.up_to = Some(version);
        self
    }
}

/// Which events of the log to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LogQuery<'a> {
    /// Only events after this position.
    pub after: Position,
    /// Only events with one of these names; `None` means all.
    pub names: Option<&'a [&'a str]>,
}

impl<'a> LogQuery<'a> {
    /// All events after `position`.
    pub const fn after(position: Position) -> Self {
        Self { after: position, names: None }
    }

    /// Only events with one of these names.
    #[must_use]
    pub const fn names(mut self, names: &'a [&'a str]) -> Self {
        self.names = Some(names);
        self
    }
}

/// A bounded piece of the log.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LogPage {
    /// The events, by rising position.
    pub events: Vec<StoredEvent>,
    /// Every event that matches, up to and including this position, has now been given: read on from here.
    pub through: Position,
}

impl LogPage {
    /// A page that is complete up to `through`.
    pub const fn new(events: Vec<StoredEvent>, through: Position) -> Self {
        Self { events, through }
    }
}

/// Where an event is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventAddress {
    /// The event.
    pub id: EventId,
    /// The UUID of its stream.
    pub stream: uuid::Uuid,
    /// Its version in that stream.
    pub version: Version,
    /// Its position in the log.
    pub position: Position,
}

impl EventAddress {
    /// Event `id` in a stream, at a version and position.
    pub const fn new(
        id: EventId,
        stream: uuid::Uuid,
        version: Version,
        position: Position,
    ) -> Self {
        Self { id, stream, version, position }
    }
}

/// A log of events in streams, append-only.
///
/// An implementation must pass `es_core::testing::contract`. In words:
/// - an append to a stream is atomic; its versions follow the stream's last without a hole; positions rise with them;
/// - a belief that does not hold is [`AppendError::Conflict`], with nothing written;
/// - what an append answered `Ok` for is never lost, and what it answered a definite error for is never stored;
/// - readers of the log see every event exactly once, by rising position, however commits interleave.
///
/// Dropping a future of this trait is safe: an append that was under way is then either stored whole or not at all.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event store",
    note = "use `MemoryStore`, `PgStore`, or an `Arc` of one"
)]
pub trait EventStore: Send + Sync + 'static {
    /// Appends to several streams in one round trip. Streams are independent: one that conflicts harms no other.
    /// Gives exactly one outcome per entry, in order. Within one call positions follow the order of the entries,
    /// but for an entry that met another writer and was tried again.
    fn append_many(
        &self,
        appends: Vec<StreamAppend>,
    ) -> impl Future<Output = Vec<Result<Appended, AppendError>>> + Send;

    /// Appends to one stream.
    ///
    /// # Errors
    /// [`AppendError`]; only [`AppendError::OutcomeUnknown`] leaves open whether the events are stored.
    fn append(
        &self,
        append: StreamAppend,
    ) -> impl Future<Output = Result<Appended, AppendError>> + Send {
        async move {
            let mut outcomes = self.append_many(vec![append]).await;
            outcomes.pop().expect("append_many gives one outcome per entry")
        }
    }

    /// The events of one stream, by rising version. A stream that does not exist is empty.
    fn read_stream<'a>(&'a self, stream: &'a StreamId, query: StreamQuery) -> EventStream<'a>;

    /// The position up to which nothing can appear any more: every event at or before it is visible, or will never exist.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be asked.
    fn settled(&self) -> impl Future<Output = Result<Position, StoreError>> + Send;

    /// Up to `limit` (at least 1) events of the log. Never beyond [`settled`](Self::settled).
    ///
    /// # Errors
    /// [`StoreError`] when the log cannot be read.
    fn read_log(
        &self,
        query: LogQuery<'_>,
        limit: usize,
    ) -> impl Future<Output = Result<LogPage, StoreError>> + Send;

    /// The log from `query.after` up to what is settled when the stream is first polled; then it ends.
    fn stream_log<'a>(&'a self, query: LogQuery<'a>) -> EventStream<'a>;

    /// Which of these events are stored, and where; in no particular order.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be asked.
    fn locate(
        &self,
        ids: &[EventId],
    ) -> impl Future<Output = Result<Vec<EventAddress>, StoreError>> + Send;
}

impl<S: EventStore> EventStore for Arc<S> {
    async fn append_many(&self, appends: Vec<StreamAppend>) -> Vec<Result<Appended, AppendError>> {
        (**self).append_many(appends).await
    }

    async fn append(&self, append: StreamAppend) -> Result<Appended, AppendError> {
        (**self).append(append).await
    }

    fn read_stream<'a>(&'a self, stream: &'a StreamId, query: StreamQuery) -> EventStream<'a> {
        (**self).read_stream(stream, query)
    }

    async fn settled(&self) -> Result<Position, StoreError> {
        (**self).settled().await
    }

    async fn read_log(&self, query: LogQuery<'_>, limit: usize) -> Result<LogPage, StoreError> {
        (**self).read_log(query, limit).await
    }

    fn stream_log<'a>(&'a self, query: LogQuery<'a>) -> EventStream<'a> {
        (**self).stream_log(query)
    }

    async fn locate(&self, ids: &[EventId]) -> Result<Vec<EventAddress>, StoreError> {
        (**self).locate(ids).await
    }
}

/// Up to where a projection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Checkpoint {
    /// Every event up to here that the projection subscribes to is in its read models.
    pub position: Position,
    /// The last event that was handled; by it a log that was replaced can be told from this one.
    pub event: Option<EventId>,
}

impl Checkpoint {
    /// A checkpoint at `position`, whose last handled event was `event`.
    pub const fn new(position: Position, event: Option<EventId>) -> Self {
        Self { position, event }
    }
}

/// A store that can also keep read models, and checkpoints in the same transaction.
pub trait ProjectionStore: EventStore {
    /// An open transaction for one batch of one projection.
    type Batch: ProjectionBatch;

    /// Makes the table of a read model, or adds the columns that it lacks; many may do so at once. With nothing to do it
    /// changes nothing and needs no right to.
    ///
    /// A column that must be filled in is added only while there are no rows. A column that the read model does not know
    /// is left alone when it may be empty or has a default, so that an older program runs beside a newer one.
    ///
    /// # Errors
    /// [`StoreError::TableDiffers`] when the table differs in another way, [`StoreError::TableDenied`] when the program
    /// has no right to make or change it.
    fn ensure_table(
        &self,
        table: &'static Table,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Opens a batch of projection `name` in `version`. Of two that begin at the same checkpoint at most one commits: a
    /// store makes the second wait here, or fail with [`StoreError::CheckpointMoved`] when it commits.
    ///
    /// # Errors
    /// [`StoreError`] when no transaction can be opened.
    fn begin(
        &self,
        name: &str,
        version: u32,
    ) -> impl Future<Output = Result<Self::Batch, StoreError>> + Send;

    /// Rows of a read model as JSON objects, outside any batch.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    fn read_rows(
        &self,
        table: &'static Table,
        select: RowSelection<'_>,
    ) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;
}

/// One transaction of a projection. Dropped without [`commit`](Self::commit) it leaves nothing behind.
pub trait ProjectionBatch: Send + 'static {
    /// The checkpoint that this batch starts from.
    fn checkpoint(&self) -> Checkpoint;

    /// Where the handlers' read models go.
    fn backend(&mut self) -> &mut dyn ReadModelBackend;

    /// Saves the checkpoint and commits both together.
    ///
    /// # Errors
    /// [`StoreError`] when the commit failed: then neither rows nor checkpoint are stored, unless the connection
    /// broke during the commit itself; then both are, or neither.
    fn commit(self, checkpoint: Checkpoint) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Microseconds are what every store keeps of a time; a leap second is the first of the next minute.
pub(crate) fn truncate_to_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time)
}
