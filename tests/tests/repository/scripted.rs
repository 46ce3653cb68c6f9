//! A memory store to which things happen: other writers, and failures.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use es_core::{
    AppendError, Appended, EventAddress, EventId, EventStore, EventStream, LogPage, LogQuery,
    MemoryStore, Position, StoreError, StreamAppend, StreamId, StreamQuery,
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
}

/// Clones share one script.
#[derive(Clone, Default)]
pub(crate) struct Scripted {
    pub(crate) inner: MemoryStore,
    script: Arc<Mutex<VecDeque<Incident>>>,
    appends: Arc<AtomicUsize>,
}

impl Scripted {
    pub(crate) fn then(&self, incident: Incident) {
        self.script.lock().unwrap().push_back(incident);
    }

    /// How many appends were asked for.
    pub(crate) fn appends(&self) -> usize {
        self.appends.load(Ordering::SeqCst)
    }
}

impl EventStore for Scripted {
    async fn append_many(&self, appends: Vec<StreamAppend>) -> Vec<Result<Appended, AppendError>> {
        self.appends.fetch_add(1, Ordering::SeqCst);
        // Whoever else is waiting goes first: between loading and appending others get their turn.
        yield_now().await;
        let incident = self.script.lock().unwrap().pop_front();
        match incident {
            Some(Incident::Fail(error)) => vec![Err(error)],
            Some(Incident::LoseAnswer(error)) => {
                self.inner.append_many(appends).await;
                vec![Err(error)]
            }
            Some(Incident::Interfere(other)) => {
                self.inner.append(other).await.expect("the other writer succeeds");
                self.inner.append_many(appends).await
            }
            None => self.inner.append_many(appends).await,
        }
    }

    fn read_stream<'a>(&'a self, stream: &'a StreamId, query: StreamQuery) -> EventStream<'a> {
        self.inner.read_stream(stream, query)
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
