//! Snapshots on their way into the store: a few at a time, of each stream one.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::id::StreamId;

/// How many are written at once. What falls due beyond that is left to the next multiple: a store that is slower than
/// its writers is not helped by a queue.
const AT_ONCE: usize = 8;

/// Owns the tasks that write; they end with it.
#[derive(Default)]
pub(super) struct SnapshotWriter {
    streams: Arc<Streams>,
    #[cfg(feature = "runtime")]
    tasks: Mutex<tokio::task::JoinSet<()>>,
}

/// The streams of which a snapshot is being written.
#[derive(Default)]
struct Streams(Mutex<HashSet<Uuid>>);

impl Streams {
    fn lock(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to write a snapshot of one stream. It is given back when it is dropped, however the writing ends.
pub(super) struct Turn {
    streams: Arc<Streams>,
    stream: Uuid,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.streams.lock().remove(&self.stream);
    }
}

impl SnapshotWriter {
    /// `None` when one of that stream is being written, or too many are.
    pub(super) fn begin(&self, stream: &StreamId) -> Option<Turn> {
        let mut streams = self.streams.lock();
        let free = streams.len() < AT_ONCE && streams.insert(stream.id());
        free.then(|| Turn { streams: Arc::clone(&self.streams), stream: stream.id() })
    }

    /// Runs it in a task, if there can be one.
    #[cfg(feature = "runtime")]
    pub(super) async fn run(&self, turn: Turn, writing: impl Future<Output = ()> + Send + 'static) {
        let writing = async move {
            writing.await;
            drop(turn);
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return writing.await };
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(ended) = tasks.try_join_next() {
            if let Err(error) = ended {
                tracing::warn!(%error, "writing a snapshot ended badly");
            }
        }
        tasks.spawn_on(writing, &runtime);
    }

    /// Waits for it: without a runtime there is nobody else to.
    #[cfg(not(feature = "runtime"))]
    pub(super) async fn run(&self, turn: Turn, writing: impl Future<Output = ()> + Send + 'static) {
        writing.await;
        drop(turn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Category;

    fn stream(n: u128) -> StreamId {
        StreamId::new(Category::new("account").expect("valid"), Uuid::from_u128(n))
    }

    #[test]
    fn a_stream_has_one_turn_at_a_time() {
        let writer = SnapshotWriter::default();
        let turn = writer.begin(&stream(1));
        assert!(turn.is_some());
        assert!(writer.begin(&stream(1)).is_none());
        drop(turn);
        assert!(writer.begin(&stream(1)).is_some());
    }

    #[test]
    fn few_are_written_at_once() {
        let writer = SnapshotWriter::default();
        let mut turns: Vec<_> = (0..20).filter_map(|n| writer.begin(&stream(n))).collect();
        assert_eq!(turns.len(), AT_ONCE);
        turns.pop();
        assert!(writer.begin(&stream(30)).is_some());
    }

    #[cfg(feature = "runtime")]
    #[tokio::test]
    async fn what_is_written_ends_with_its_owner() {
        let writer = SnapshotWriter::default();
        let turn = writer.begin(&stream(1)).expect("nothing is being written");
        let (alive, ended) = tokio::sync::oneshot::channel::<()>();
        let for_ever = async move {
            std::future::pending::<()>().await;
            drop(alive);
        };
        writer.run(turn, for_ever).await;
        drop(writer);
        assert!(ended.await.is_err(), "the task is dropped, and with it what it holds");
    }
}
