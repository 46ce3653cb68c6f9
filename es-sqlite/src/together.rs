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
            let desk = Desk(self.together().state.clone());
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
    async fn write_for_all(&self, desk: Desk) {
        while !desk.is_done() {
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
struct Desk(Arc<Mutex<State>>);

impl Desk {
    /// Nobody waits, and whoever comes next begins anew.
    fn is_done(&self) -> bool {
        let mut state = lock(&self.0);
        state.waiting.retain(|waiting| !waiting.answer.is_closed());
        state.at_work = !state.waiting.is_empty();
        !state.at_work
    }

    /// What goes next.
    fn take(&self) -> Vec<(StreamAppend, oneshot::Sender<Outcome>)> {
        let mut state = lock(&self.0);
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
        let mut state = lock(&self.0);
        if state.at_work {
            state.at_work = false;
            state.waiting.clear();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // Nothing of ours panics while it holds the lock.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
