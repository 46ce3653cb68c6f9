//! What a store must do. Retry, decisions and paging are written once above these traits.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_core::Stream;

use crate::checkpoint::Part;
use crate::error::{AppendError, StoreError};
use crate::id::{EventId, StreamId};
use crate::record::{NewEvent, StoredEvent};
use crate::snapshot::{NewSnapshot, SnapshotQuery, StoredSnapshot};
use crate::version::{ExpectedVersion, Position, Version};

/// A boxed future, where a trait must stay usable as an object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Stored events as they come, one by one: memory stays flat however many there are.
pub type EventStream<'a> = Pin<Box<dyn Stream<Item = Result<StoredEvent, StoreError>> + Send + 'a>>;

/// A snapshot of a stream, if there is one, and the events after it.
pub type SnapshotAndTail<'a> = (Option<StoredSnapshot>, EventStream<'a>);

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
    /// The answer was lost, and events of these ids were found to be stored, where they had to be. They are those that
    /// were sent, unless somebody else sends events of the same ids.
    pub found: bool,
}

impl Appended {
    /// From the versions of the first and the last event, and the position of the last.
    pub const fn new(first_version: Version, version: Version, position: Position) -> Self {
        Self { first_version, version, position, found: false }
    }

    /// Says that the events were looked up, not written just now.
    #[must_use]
    pub const fn found(self) -> Self {
        Self { found: true, ..self }
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
    /// Only events of streams of this category.
    pub category: Option<&'a str>,
    /// Only events whose metadata name this tenant.
    pub tenant: Option<&'a str>,
    /// Only events of the streams of this part.
    pub part: Option<Part>,
}

impl<'a> LogQuery<'a> {
    /// All events after `position`.
    pub const fn after(position: Position) -> Self {
        Self { after: position, names: None, category: None, tenant: None, part: None }
    }

    /// Only events with one of these names.
    #[must_use]
    pub const fn names(mut self, names: &'a [&'a str]) -> Self {
        self.names = Some(names);
        self
    }

    /// Only events of streams of this category.
    #[must_use]
    pub const fn category(mut self, category: &'a str) -> Self {
        self.category = Some(category);
        self
    }

    /// Only events whose metadata name this tenant.
    #[must_use]
    pub const fn tenant(mut self, tenant: &'a str) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// Only events of the streams of this part.
    #[must_use]
    pub const fn part(mut self, part: Part) -> Self {
        self.part = Some(part);
        self
    }
}

impl LogQuery<'_> {
    /// Whether an event after `after` is one of those asked for.
    pub fn selects(&self, event: &StoredEvent) -> bool {
        self.names.is_none_or(|names| names.contains(&event.name.as_str()))
            && self.category.is_none_or(|category| event.stream.category().as_str() == category)
            && self.tenant.is_none_or(|tenant| event.metadata.tenant.as_deref() == Some(tenant))
            && self.part.is_none_or(|part| part.has(event.stream.id()))
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

    /// The newest snapshot of a stream that fits the query, and the events after it; without one, all events. One
    /// round trip, if the store can.
    ///
    /// A store need not keep snapshots: this one, written once for those that do not, finds none. A store that does
    /// must give only what [`save_snapshot`](Self::save_snapshot) took and nobody changed since, and only while the stream
    /// has an event of that version at that position. Whatever is wrong with a snapshot, the answer is as if there were
    /// none.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be asked.
    fn read_from_snapshot<'a>(
        &'a self,
        stream: &'a StreamId,
        query: SnapshotQuery,
    ) -> impl Future<Output = Result<SnapshotAndTail<'a>, StoreError>> + Send {
        let all = StreamQuery { up_to: query.up_to, ..StreamQuery::ALL };
        async move { Ok((None, self.read_stream(stream, all))) }
    }

    /// Keeps a snapshot, and answers whether it is kept now. One that is older than what is kept, of the same stream and
    /// fingerprint, is not; nor is one of a version and position at which the stream has no event. Snapshots of one
    /// stream with different fingerprints do not displace each other at once: programs of two versions may run side by side.
    ///
    /// The future owns all that it needs, for it may go on in a task of its own when the call that led to it has ended.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be asked. No event is touched by it.
    fn save_snapshot(&self, snapshot: NewSnapshot) -> BoxFuture<'static, Result<bool, StoreError>> {
        drop(snapshot);
        Box::pin(std::future::ready(Ok(false)))
    }

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

    async fn read_from_snapshot<'a>(
        &'a self,
        stream: &'a StreamId,
        query: SnapshotQuery,
    ) -> Result<SnapshotAndTail<'a>, StoreError> {
        (**self).read_from_snapshot(stream, query).await
    }

    fn save_snapshot(&self, snapshot: NewSnapshot) -> BoxFuture<'static, Result<bool, StoreError>> {
        (**self).save_snapshot(snapshot)
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

/// Microseconds are what every store keeps of a time; a leap second is the first of the next minute.
pub(crate) fn truncate_to_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time)
}
