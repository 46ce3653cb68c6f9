//! A memory store to which things happen: other writers, and failures.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use es_core::{
    AppendError, Appended, Cause, EventAddress, EventId, EventStore, EventStream, LogPage,
    LogQuery, MemoryStore, Position, StoreError, StreamAppend, StreamId, StreamQuery,
};

/// What happens at an append, one after the other; when the script is over, nothing does.
#[derive(Debug)]
pub(crate) enum Incident {
    /// Another writer is faster.
    Interfere(StreamAppend),
    /// The append fails, with nothing written.
    Fail(AppendError),
    /// The append is stored, but its answer is lost.
    LoseAnswer(AppendError),
    /// Other events of the same ids are stored in its place, the answer is lost, and the ids are found.
    Find(StreamAppend),
}

/// Clones share one script.
#[derive(Clone, Default)]
pub(crate) struct Scripted {
    pub(crate) inner: MemoryStore,
    /// What is in the store's place once it is restored.
    pub(crate) backup: MemoryStore,
    restored: Arc<AtomicBool>,
    script: Arc<Mutex<VecDeque<Incident>>>,
    sent: Arc<Mutex<Vec<StreamAppend>>>,
    read: Arc<Mutex<Vec<StreamQuery>>>,
    located: Arc<AtomicUsize>,
    unable_to_locate: Arc<AtomicBool>,
}

impl Scripted {
    pub(crate) fn then(&self, incident: Incident) {
        self.script.lock().unwrap().push_back(incident);
    }

    /// How many appends were asked for.
    pub(crate) fn appends(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    /// How many appends, reads of a stream and look-ups of ids were asked for since the last time.
    pub(crate) fn calls(&self) -> (usize, usize, usize) {
        let (sent, read) = (self.sent(), self.read());
        (sent.len(), read.len(), self.located.swap(0, Ordering::SeqCst))
    }

    /// The appends that were asked for since the last time.
    pub(crate) fn sent(&self) -> Vec<StreamAppend> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }

    /// The reads of a stream that were asked for since the last time.
    pub(crate) fn read(&self) -> Vec<StreamQuery> {
        std::mem::take(&mut self.read.lock().unwrap())
    }

    /// The backup takes the store's place.
    pub(crate) fn restore(&self) {
        self.restored.store(true, Ordering::SeqCst);
    }

    pub(crate) fn locate_in_vain(&self, in_vain: bool) {
        self.unable_to_locate.store(in_vain, Ordering::SeqCst);
    }

    fn now(&self) -> &MemoryStore {
        if self.restored.load(Ordering::SeqCst) { &self.backup } else { &self.inner }
    }
}

impl EventStore for Scripted {
    async fn append_many(&self, appends: Vec<StreamAppend>) -> Vec<Result<Appended, AppendError>> {
        self.sent.lock().unwrap().extend(appends.iter().cloned());
        // Whoever else is waiting goes first: between loading and appending others get their turn.
        yield_now().await;
        let incident = self.script.lock().unwrap().pop_front();
        match incident {
            Some(Incident::Fail(error)) => vec![Err(error)],
            Some(Incident::LoseAnswer(error)) => {
                self.inner.append_many(appends).await;
                vec![Err(error)]
            }
            Some(Incident::Find(other)) => {
                vec![self.inner.append(other).await.map(Appended::found)]
            }
            Some(Incident::Interfere(other)) => {
                self.inner.append(other).await.expect("the other writer succeeds");
                self.inner.append_many(appends).await
            }
            None => self.now().append_many(appends).await,
        }
    }

    fn read_stream<'a>(&'a self, stream: &'a StreamId, query: StreamQuery) -> EventStream<'a> {
        self.read.lock().unwrap().push(query);
        self.now().read_stream(stream, query)
    }

    async fn settled(&self) -> Result<Position, StoreError> {
        self.now().settled().await
    }

    async fn read_log(&self, query: LogQuery<'_>, limit: usize) -> Result<LogPage, StoreError> {
        self.now().read_log(query, limit).await
    }

    fn stream_log<'a>(&'a self, query: LogQuery<'a>) -> EventStream<'a> {
        self.now().stream_log(query)
    }

    async fn locate(&self, ids: &[EventId]) -> Result<Vec<EventAddress>, StoreError> {
        self.located.fetch_add(1, Ordering::SeqCst);
        if self.unable_to_locate.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable(Cause::new("the index is away")));
        }
        self.now().locate(ids).await
    }
}

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
