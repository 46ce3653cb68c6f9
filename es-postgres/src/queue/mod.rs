//! What waits goes next, together: concurrent callers of one process share statements.
//!
//! There is no timer. While a lane is free, a caller's item goes at once, alone, in the caller's own future. While none
//! is, items wait, and the lane that becomes free takes as many of them as the bounds allow, in the order in which they
//! came. So a single caller waits for nobody, and the more callers there are the more go together.
//!
//! - Of items that share a key, one is at work at a time, in all lanes together, and they go in the order in which they
//!   came. Others pass them by, and only so far.
//! - A batch of several runs in a task of its own, which lasts until the batch is done: a caller who is dropped takes
//!   nobody along. An item that is dropped while it waits is taken out.
//! - A batch that runs in its caller's future is driven by a task too as soon as anybody waits: the caller may never poll
//!   his future again.
//! - The queue is bounded. Callers beyond that wait for room, in order.

mod state;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::Shared;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use uuid::Uuid;

use self::state::{Batch, Entered, State, Waiting};

/// What is done with the items of a queue.
pub(crate) trait Work: Clone + Send + Sync + 'static {
    type Item: Send + 'static;
    type Answer: Send + 'static;

    /// What the item touches: no two that touch the same thing are at work at once.
    fn keys(item: &Self::Item) -> Vec<Uuid>;

    /// How much of a batch's size the item takes.
    fn size(item: &Self::Item) -> usize;

    /// One answer per item, in order.
    fn run(
        self,
        items: Vec<Self::Item>,
    ) -> impl Future<Output = Vec<Self::Answer>> + Send + 'static;
}

/// How much at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Batches at work.
    pub(crate) lanes: usize,
    /// Items at work or waiting.
    pub(crate) room: usize,
    /// Items of a batch.
    pub(crate) items: usize,
    /// Size of a batch. A larger item goes alone.
    pub(crate) size: usize,
}

/// Whoever had the item has ended without an answer: his runtime was shut down, or he panicked.
#[derive(Debug)]
pub(crate) struct Lost;

type BoxedRun = futures_util::future::BoxFuture<'static, ()>;

pub(crate) struct Queue<W: Work> {
    inner: Arc<Inner<W>>,
}

struct Inner<W: Work> {
    bounds: Bounds,
    room: Semaphore,
    state: Mutex<State<W>>,
}

impl<W: Work> Queue<W> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let room = Semaphore::new(bounds.room);
        Self { inner: Arc::new(Inner { bounds, room, state: Mutex::default() }) }
    }

    /// Has `item` done. Dropping the future takes the item out while it waits; later it is done, or broken off when
    /// nobody but this future was doing it.
    pub(crate) async fn submit(&self, work: W, item: W::Item) -> Result<W::Answer, Lost> {
        // Elsewhere there are no tasks, and what the work needs is not there either: it will say so.
        let Ok(runtime) = Handle::try_current() else {
            return work.run(vec![item]).await.pop().ok_or(Lost);
        };
        let _room = self.inner.room.acquire().await.map_err(|_| Lost)?;
        let (answer, answered) = oneshot::channel();
        let (keys, size) = (W::keys(&item), W::size(&item));
        match self.inner.enter(Waiting { work, item, keys, size, answer, runtime }) {
            Turn::Now(run) => run.await,
            Turn::Later(place) => {
                let answer = answered.await.map_err(|_| Lost);
                drop(place);
                return answer;
            }
        }
        answered.await.map_err(|_| Lost)
    }
}

/// When an item is done.
enum Turn<W: Work> {
    /// At once, by whoever polls this.
    Now(Shared<BoxedRun>),
    /// When a lane takes it.
    Later(Place<W>),
}

impl<W: Work> Inner<W> {
    fn state(&self) -> MutexGuard<'_, State<W>> {
        // Nothing of ours panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(self: &Arc<Self>, waiting: Waiting<W>) -> Turn<W> {
        let runtime = waiting.runtime.clone();
        let mut state = self.state();
        match state.enter(waiting, self.bounds) {
            Entered::AtWork(batch) => {
                let lane = batch.lane;
                let run = self.run(batch).boxed().shared();
                if let Some(weak) = run.downgrade() {
                    state.runs_by_caller(lane, weak);
                }
                Turn::Now(run)
            }
            Entered::Waits(ticket) => {
                let driven = state.take_undriven();
                drop(state);
                // From here on these need no caller any more.
                for run in driven {
                    runtime.spawn(run);
                }
                self.dispatch();
                Turn::Later(Place { inner: self.clone(), ticket })
            }
        }
    }

    /// Starts as many batches as there are lanes and items for.
    fn dispatch(self: &Arc<Self>) {
        if !self.state().begin_dispatch() {
            // Who is at it looks again before he ends.
            return;
        }
        loop {
            let next = self.state().next(self.bounds);
            let Some((batch, runtime)) = next else { return };
            // A runtime that is shutting down drops the batch at once, which gives the lane back.
            runtime.spawn(self.run(batch));
        }
    }

    fn run(self: &Arc<Self>, batch: Batch<W>) -> impl Future<Output = ()> + Send + use<W> {
        let Batch { lane, keys, work, items, answers } = batch;
        let lane = Lane { inner: self.clone(), number: lane, keys };
        async move {
            let done = work.run(items).await;
            // First those who wait.
            drop(lane);
            for (answer, done) in answers.into_iter().zip(done) {
                // The caller may be gone.
                let _ = answer.send(done);
            }
        }
    }
}

/// An item's place in the queue, given up when this is dropped.
struct Place<W: Work> {
    inner: Arc<Inner<W>>,
    ticket: u64,
}

impl<W: Work> Drop for Place<W> {
    fn drop(&mut self) {
        // What was taken out is dropped after the lock: it may hold whatever.
        let removed = self.inner.state().leave(self.ticket);
        drop(removed);
    }
}

/// A lane in use, given back when this is dropped, however the batch has ended.
struct Lane<W: Work> {
    inner: Arc<Inner<W>>,
    number: u64,
    keys: Vec<Uuid>,
}

impl<W: Work> Drop for Lane<W> {
    fn drop(&mut self) {
        self.inner.state().ended(self.number, &self.keys);
        self.inner.dispatch();
    }
}
