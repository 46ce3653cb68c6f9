//! What waits goes next, together: callers who append at the same time share a transaction, and so one wait for the disk.
//!
//! There is no timer. Whoever comes while nobody is at it has a task started that writes; whoever comes while that is writing
//! waits, and all of those go into the next transaction. So a single caller waits for nobody, and the more callers there
//! are the more go together. A caller who is dropped takes nobody along: his append is left out if it has not begun.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use es_core::{AppendError, Appended, Cause, StoreError, StreamAppend};
use tokio::sync::oneshot;

use crate::store::SqliteStore;

/// Appends of a transaction.
const APPENDS: usize = 512;

/// Bytes of JSON after which a transaction takes no more of them.
const BYTES: usize = 4 * 1024 * 1024;

pub(crate) type Outcome = Result<Appended, AppendError>;

/// Those who wait, in the order in which they came.
#[derive(Default)]
pub(crate) struct Together {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    /// A task is writing, and looks for more before it ends.
    at_work: bool,
}

struct Waiting {
    append: StreamAppend,
    answer: oneshot::Sender<Outcome>,
}

impl SqliteStore {
    /// Appends together with whoever else does at the moment. The append is known to be within the limits.
    pub(crate) async fn append_together(&self, append: StreamAppend) -> Outcome {
        let (stream, first_event) = (append.stream.clone(), append.events.first().map(|e| e.id));
        let (answer, answered) = oneshot::channel();
        if self.together().enter(Waiting { append, answer }) {
            let desk = Desk { state: self.together().state.clone(), left: false };
            let store = self.clone();
            // Not in the caller's own future: he may be dropped in the middle, and others wait for what he is doing.
            tokio::spawn(async move { store.write_for_all(desk).await });
        }
        answered.await.unwrap_or_else(|_| {
            let cause = Cause::new("the runtime that was writing has ended");
            Err(match first_event {
                Some(first_event) => AppendError::OutcomeUnknown { stream, first_event, cause },
                None => StoreError::Unavailable(cause).into(),
            })
        })
    }

    /// Until nobody waits.
    async fn write_for_all(&self, mut desk: Desk) {
        while !desk.leave() {
            // First the right to write, so that whoever comes while it is waited for is in time.
            let writing = self.write().await;
            let (appends, answers): (Vec<_>, Vec<_>) = desk.take().into_iter().unzip();
            let outcomes = match writing {
                Ok(writing) => self.append_all_in(writing, &appends).await,
                Err(error) => appends.iter().map(|_| Err(error.clone().into())).collect(),
            };
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                // The caller may be gone.
                let _ = answer.send(outcome);
            }
        }
    }
}

impl Together {
    /// Whether somebody has to begin to write.
    fn enter(&self, waiting: Waiting) -> bool {
        let mut state = lock(&self.state);
        state.waiting.push_back(waiting);
        !std::mem::replace(&mut state.at_work, true)
    }
}

/// The place of the task that writes.
struct Desk {
    state: Arc<Mutex<State>>,
    /// Nobody waited any more. Somebody else may be at work by now.
    left: bool,
}

impl Desk {
    /// Leaves if nobody waits; whoever comes next begins anew.
    fn leave(&mut self) -> bool {
        let mut state = lock(&self.state);
        state.waiting.retain(|waiting| !waiting.answer.is_closed());
        state.at_work = !state.waiting.is_empty();
        self.left = !state.at_work;
        self.left
    }

    /// What goes next.
    fn take(&self) -> Vec<(StreamAppend, oneshot::Sender<Outcome>)> {
        let mut state = lock(&self.state);
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while taken.len() < APPENDS && bytes < BYTES {
            let Some(Waiting { append, answer }) = state.waiting.pop_front() else { break };
            if !answer.is_closed() {
                bytes += append.events.iter().map(|e| e.payload.as_str().len()).sum::<usize>();
                taken.push((append, answer));
            }
        }
        taken
    }
}

impl Drop for Desk {
    /// A task that was ended with its runtime, or has panicked, leaves those who wait without an answer, and the next one to
    /// come begins anew.
    fn drop(&mut self) {
        if !self.left {
            let mut state = lock(&self.state);
            state.at_work = false;
            state.waiting.clear();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // Nothing of ours panics while it holds the lock.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use es_core::{
        Category, EventName, EventStore as _, ExpectedVersion, LogQuery, NewEvent, Payload,
        SchemaVersion, StreamId,
    };
    use futures_util::future::join_all;
    use uuid::Uuid;

    use super::*;

    fn append() -> StreamAppend {
        let category = Category::new("together").expect("a good name");
        let stream = StreamId::new(category, Uuid::now_v7());
        let name = EventName::new("came").expect("a good name");
        let payload = Payload::from_json("{}").expect("JSON");
        let event = NewEvent::raw(name, SchemaVersion::FIRST, payload);
        StreamAppend::new(stream, ExpectedVersion::NoStream, vec![event])
    }

    /// What one transaction writes has one time of recording.
    async fn transactions(store: &SqliteStore) -> Vec<usize> {
        let page = store.read_log(LogQuery::default(), 1_000).await.expect("readable");
        let times: Vec<_> = page.events.iter().map(|event| event.recorded_at).collect();
        times.chunk_by(PartialEq::eq).map(<[_]>::len).collect()
    }

    #[tokio::test]
    async fn those_who_wait_go_together() {
        let store = SqliteStore::in_memory().await.expect("a store");
        let writing = store.write().await.expect("nobody else writes");
        let appends = join_all((0..20).map(|_| store.append(append())));
        let release = async {
            tokio::task::yield_now().await;
            writing.roll_back().await;
        };
        let (outcomes, ()) = tokio::join!(appends, release);
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!(transactions(&store).await, [20]);
        store.append(append()).await.expect("a single caller waits for nobody");
        assert_eq!(transactions(&store).await, [20, 1]);
    }

    #[tokio::test]
    async fn who_is_dropped_while_he_waits_is_left_out_and_harms_nobody() {
        let store = SqliteStore::in_memory().await.expect("a store");
        let writing = store.write().await.expect("nobody else writes");
        let stays = tokio::spawn({
            let store = store.clone();
            async move { store.append(append()).await }
        });
        {
            let mut dropped = pin!(store.append(append()));
            let polled = dropped.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending());
        }
        tokio::task::yield_now().await;
        writing.roll_back().await;
        stays.await.expect("no panic").expect("it is stored");
        assert_eq!(transactions(&store).await, [1]);
    }

    #[test]
    fn a_runtime_that_ends_leaves_nobody_waiting() {
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
        let (first, second) = (runtime().expect("a runtime"), runtime().expect("a runtime"));
        let store = second.block_on(SqliteStore::in_memory()).expect("a store");
        let writing = second.block_on(store.write()).expect("nobody else writes");
        // The task that is to write belongs to the first runtime, and never gets its turn.
        let begun = store.append(append());
        let mut begun = pin!(begun);
        let entered = first.enter();
        let polled = begun.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
        drop(entered);
        first.shutdown_background();
        second.block_on(async {
            writing.roll_back().await;
            let outcome = begun.await;
            assert!(matches!(outcome, Err(AppendError::OutcomeUnknown { .. })), "{outcome:?}");
            store.append(append()).await.expect("the next one begins anew");
            assert_eq!(transactions(&store).await, [1]);
        });
    }
}
