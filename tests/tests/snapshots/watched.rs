//! A memory store that counts what it is asked, and keeps no snapshot when it is told so.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use es_core::prelude::*;
use es_core::{
    AppendError, Appended, BoxFuture, Cause, EventAddress, EventStream, LogPage, LogQuery,
    NewSnapshot, Position, SnapshotAndTail, SnapshotQuery, StoreError, StreamAppend, StreamQuery,
};

/// What becomes of snapshots on their way in.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Saving {
    #[default]
    Works,
    Fails,
    Panics,
    /// It is never done.
    Hangs,
}

#[derive(Clone, Default)]
pub(crate) struct Watched {
    pub(crate) inner: MemoryStore,
    saving: Arc<Mutex<Saving>>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    streams_read: AtomicUsize,
    snapshots_read: AtomicUsize,
    snapshots_saved: AtomicUsize,
}

impl Watched {
    pub(crate) fn saving(&self, saving: Saving) {
        *self.saving.lock().unwrap() = saving;
    }

    /// What each clone holds.
    pub(crate) fn holders(&self) -> &Arc<impl Sized> {
        &self.counts
    }

    /// How often a whole stream, or a piece of one, was read.
    pub(crate) fn streams_read(&self) -> usize {
        self.counts.streams_read.load(Ordering::SeqCst)
    }

    /// How often a snapshot and what follows was read.
    pub(crate) fn snapshots_read(&self) -> usize {
        self.counts.snapshots_read.load(Ordering::SeqCst)
    }

    /// How often a snapshot was to be saved.
    pub(crate) fn snapshots_saved(&self) -> usize {
        self.counts.snapshots_saved.load(Ordering::SeqCst)
    }
}

impl EventStore for Watched {
    async fn append_many(&self, appends: Vec<StreamAppend>) -> Vec<Result<Appended, AppendError>> {
        self.inner.append_many(appends).await
    }

    fn read_stream<'a>(&'a self, stream: &'a StreamId, query: StreamQuery) -> EventStream<'a> {
        self.counts.streams_read.fetch_add(1, Ordering::SeqCst);
        self.inner.read_stream(stream, query)
    }

    async fn read_from_snapshot<'a>(
        &'a self,
        stream: &'a StreamId,
        query: SnapshotQuery,
    ) -> Result<SnapshotAndTail<'a>, StoreError> {
        self.counts.snapshots_read.fetch_add(1, Ordering::SeqCst);
        self.inner.read_from_snapshot(stream, query).await
    }

    fn save_snapshot(&self, snapshot: NewSnapshot) -> BoxFuture<'static, Result<bool, StoreError>> {
        self.counts.snapshots_saved.fetch_add(1, Ordering::SeqCst);
        let saving = *self.saving.lock().unwrap();
        match saving {
            Saving::Works => self.inner.save_snapshot(snapshot),
            Saving::Fails => {
                Box::pin(async { Err(StoreError::Other(Cause::new("the disk is full"))) })
            }
            Saving::Panics => {
                Box::pin(async { panic!("a panic of the store, as the test wants it") })
            }
            Saving::Hangs => {
                let held = self.clone();
                Box::pin(async move {
                    std::future::pending::<()>().await;
                    drop(held);
                    Ok(false)
                })
            }
        }
    }

    async fn settled(&self) -> Result<Position, StoreError> {
        self.inner.settled().await
    }

    async fn read_log(&self, query: LogQuery<'_>, limit: usize) -> Result<LogPage, StoreError> {
        self.inner.read_log(query, limit).await
    }

    fn stream_log<'a>(&'a self, query: LogQuery<'a>) -> EventStream<'a> {
        self.inner.stream_log(query)
    }

    async fn locate(&self, ids: &[EventId]) -> Result<Vec<EventAddress>, StoreError> {
        self.inner.locate(ids).await
    }
}
