//! The store for tests, demonstrations and in-process use; also the model that other stores are compared with.

mod batch;
mod import;
mod inline;
mod log;
#[cfg_attr(not(feature = "runtime"), expect(dead_code, reason = "only subscriptions take leases"))]
mod progress;
#[cfg(feature = "runtime")]
mod promotion;
mod rows;
mod snapshots;
mod staging;
#[cfg(feature = "runtime")]
mod subscriptions;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::stream;

use self::batch::MemoryBatch;
use self::log::Log;
use self::progress::Progress;
use self::rows::Tables;
use self::snapshots::Snapshots;
use crate::checkpoint::{Checkpoint, ProjectionPart};
use crate::column::Table;
use crate::error::{AppendError, StoreError};
use crate::id::{EventId, StreamId};
use crate::limits::Limits;
use crate::projection_store::{BatchStart, ProjectionStore};
use crate::read_model::RowSelection;
use crate::record::StoredEvent;
use crate::row::FoundRow;
use crate::row_query::ResolvedQuery;
use crate::snapshot::{NewSnapshot, SnapshotQuery};
use crate::store::{
    Appended, BoxFuture, EventAddress, EventStore, EventStream, LogPage, LogQuery, SnapshotAndTail,
    StreamAppend, StreamQuery,
};
use crate::version::{Position, Version};

/// How many events are copied out of the log at a time when it is streamed.
const CHUNK: usize = 256;

/// Keeps everything in memory, with the semantics of the durable stores. Clones share one store.
#[derive(Clone, Default)]
pub struct MemoryStore {
    inner: Arc<Mutex<Inner>>,
    limits: Limits,
    /// Held while the projections of an append run.
    inline: Arc<futures_util::lock::Mutex<()>>,
    #[cfg(feature = "runtime")]
    appended: crate::wake::Signal,
}

#[derive(Default)]
struct Inner {
    log: Log,
    tables: Tables,
    progress: Progress,
    snapshots: Snapshots,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what an append may hold; see [`Limits`].
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Nothing panics between two changes that belong together, so a poisoned lock still guards a whole state.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventStore for MemoryStore {
    async fn append_many(&self, appends: Vec<StreamAppend>) -> Vec<Result<Appended, AppendError>> {
        let checked = self.limits.check_all(&appends);
        let mut inner = self.inner();
        let pairs = checked.into_iter().zip(appends);
        let done: Vec<_> = pairs
            .map(|(checked, append)| checked.and_then(|()| inner.log.append(append)))
            .collect();
        drop(inner);
        #[cfg(feature = "runtime")]
        self.appended.wake();
        done
    }

    fn read_stream<'a>(&'a self, stream: &'a StreamId, query: StreamQuery) -> EventStream<'a> {
        let up_to = query.up_to.unwrap_or(Version::new(u64::MAX));
        stream_chunks(query.after, move |after: Version| {
            let events = self.inner().log.stream(stream, after, up_to, CHUNK)?;
            let next = events.last().map(|event| event.version);
            Ok((events, next))
        })
    }

    async fn read_from_snapshot<'a>(
        &'a self,
        stream: &'a StreamId,
        query: SnapshotQuery,
    ) -> Result<SnapshotAndTail<'a>, StoreError> {
        let inner = self.inner();
        let found = inner.snapshots.find(&inner.log, stream, query);
        drop(inner);
        let after = found.as_ref().map_or(Version::START, |found| found.snapshot.version);
        let tail = StreamQuery { after, up_to: query.up_to };
        Ok((found, self.read_stream(stream, tail)))
    }

    fn save_snapshot(&self, snapshot: NewSnapshot) -> BoxFuture<'static, Result<bool, StoreError>> {
        let store = self.clone();
        Box::pin(async move {
            let Inner { log, snapshots, .. } = &mut *store.inner();
            Ok(snapshots.save(log, snapshot))
        })
    }

    async fn settled(&self) -> Result<Position, StoreError> {
        Ok(self.inner().log.head())
    }

    async fn read_log(&self, query: LogQuery<'_>, limit: usize) -> Result<LogPage, StoreError> {
        let inner = self.inner();
        Ok(inner.log.page(query, inner.log.head(), limit.max(1)))
    }

    fn stream_log<'a>(&'a self, query: LogQuery<'a>) -> EventStream<'a> {
        let mut end = None;
        stream_chunks(query.after, move |after: Position| {
            let inner = self.inner();
            let end = *end.get_or_insert_with(|| inner.log.head());
            let page = inner.log.page(LogQuery { after, ..query }, end, CHUNK);
            Ok((page.events, (page.through < end).then_some(page.through)))
        })
    }

    async fn locate(&self, ids: &[EventId]) -> Result<Vec<EventAddress>, StoreError> {
        let inner = self.inner();
        Ok(ids.iter().filter_map(|id| inner.log.locate(*id)).collect())
    }
}

impl ProjectionStore for MemoryStore {
    type Batch = MemoryBatch;

    async fn ensure_table(&self, table: &'static Table) -> Result<(), StoreError> {
        self.inner().tables.ensure(table)
    }

    async fn checkpoint(&self, part: &ProjectionPart) -> Result<Checkpoint, StoreError> {
        self.inner().progress.checkpoint(part)
    }

    async fn fits(&self, part: &ProjectionPart, checkpoint: Checkpoint) -> Result<(), StoreError> {
        let inner = self.inner();
        let found = checkpoint.event.and_then(|event| inner.log.locate(event));
        let has_event = found.is_some_and(|event| event.position <= checkpoint.position);
        checkpoint.judge(part, checkpoint.position <= inner.log.head(), has_event)
    }

    async fn begin_batch(&self, start: BatchStart) -> Result<MemoryBatch, StoreError> {
        Ok(MemoryBatch::new(self.clone(), start))
    }

    async fn read_rows(
        &self,
        table: &'static Table,
        select: RowSelection<'_>,
    ) -> Result<Vec<FoundRow>, StoreError> {
        self.inner().tables.read(table, select)
    }

    async fn count_rows(
        &self,
        table: &'static Table,
        query: &ResolvedQuery,
    ) -> Result<u64, StoreError> {
        self.inner().tables.count(table, query)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("head", &self.inner().log.head())
            .finish_non_exhaustive()
    }
}

/// Streams what `read` gives, chunk by chunk, until it says that nothing comes next.
fn stream_chunks<'a, C: Send + 'a>(
    from: C,
    read: impl FnMut(C) -> Result<(Vec<StoredEvent>, Option<C>), StoreError> + Send + 'a,
) -> EventStream<'a> {
    use futures_util::{StreamExt as _, TryStreamExt as _};
    let chunks = stream::try_unfold((Some(from), read), |(from, mut read)| async move {
        let Some(from) = from else { return Ok(None) };
        let (events, next) = read(from)?;
        Ok(Some((stream::iter(events.into_iter().map(Ok)), (next, read))))
    });
    chunks.try_flatten().boxed()
}
