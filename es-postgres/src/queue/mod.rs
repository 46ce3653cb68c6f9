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
//! - A batch that takes long, because it waits for somebody elsewhere, gives its lane back and goes on: it holds up those
//!   who share a key with it, and nobody else. What of a batch would have to wait is handed back, and goes alone.
//! - The queue is bounded. Callers beyond that wait for room, in order; and nobody waits for ever to be sent.

mod state;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::Shared;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use self::state::{Batch, Entered, State, Waiting};

/// A batch that takes longer waits for somebody, and needs no lane for that.
const LONG: Duration = Duration::from_millis(100);

/// What is done with the items of a queue.
pub(crate) trait Work: Clone + Send + Sync + 'static {
    type Item: Send + 'static;
    type Answer: Send + 'static;

    /// What the item touches: no two that touch the same thing are at work at once.
    fn keys(item: &Self::Item) -> Vec<Uuid>;

    /// How much of a batch's size the item takes.
    fn size(item: &Self::Item) -> usize;

    /// What became of each item, in order. One that was alone is answered.
    fn run(
        self,
        items: Vec<Self::Item>,
    ) -> impl Future<Output = Vec<Done<Self::Item, Self::Answer>>> + Send + 'static;
}

/// What became of an item.
#[derive(Debug)]
pub(crate) enum Done<I, A> {
    Answered(A),
    /// Nothing yet: it would have kept the others waiting, and is to go alone.
    Alone(I),
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
    /// Batches at work beside those in the lanes, which have given their lane back.
    pub(crate) slow: usize,
    /// How long an item may wait before it goes to work.
    pub(crate) patience: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// Whoever had the item has ended without an answer: his runtime was shut down, or he panicked.
    Lost,
    /// It was not its turn in time. Nothing was done with it.
    NotInTime,
}

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
    pub(crate) async fn submit(&self, work: W, item: W::Item) -> Result<W::Answer, Unanswered> {
        // Elsewhere there are no tasks, and what the work needs is not there either: it will say so.
        let Ok(runtime) = Handle::try_current() else {
            return match work.run(vec![item]).boxed().await.pop() {
                Some(Done::Answered(answer)) => Ok(answer),
                _ => Err(Unanswered::Lost),
            };
        };
        let room = tokio::time::timeout(self.inner.bounds.patience, self.inner.room.acquire());
        let _room = room.await.map_err(|_| Unanswered::NotInTime)?.map_err(|_| Unanswered::Lost)?;
        let (answer, mut answered) = oneshot::channel();
        let (keys, size) = (W::keys(&item), W::size(&item));
        let waiting = Waiting { work, item, keys, size, answer, runtime, alone: false };
        match self.inner.enter(waiting) {
            Turn::Now(run) => run.await,
            Turn::Later(place) => return place.wait(&mut answered).await,
        }
        answered.await.map_err(|_| Unanswered::Lost)
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
        // Whose thing is at work already has to wait, and is no reason to look what else could begin.
        let blocked = state.is_busy(&waiting.keys);
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
                if !blocked {
                    self.dispatch();
                }
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
        let Batch { lane, work, items, owners } = batch;
        let keys = owners.iter().flat_map(|owner| owner.keys.iter().copied()).collect();
        let mut lane = Lane { inner: self.clone(), number: lane, keys, left: Vec::new() };
        async move {
            let Ok(done) = AssertUnwindSafe(work.run(items)).catch_unwind().await else {
                tracing::error!("what was to be done together has panicked");
                return;
            };
            let mut answers = Vec::new();
            for (owner, done) in owners.into_iter().zip(done) {
                match done {
                    Done::Answered(done) => answers.push((owner.answer, done)),
                    // Nobody waits for it any more, and nothing was done with it.
                    Done::Alone(_) if owner.answer.is_closed() => {}
                    Done::Alone(item) => lane.left.push(owner.again(item)),
                }
            }
            // First those who wait.
            drop(lane);
            for (answer, done) in answers {
                // The caller may be gone.
                let _ = answer.send(done);
            }
        }
    }

    /// Batches that have been at work for long hold up nobody but those who touch the same things.
    fn pass_by_slow(self: &Arc<Self>) {
        if self.state().give_lanes_back(LONG, self.bounds) {
            self.dispatch();
        }
    }
}

/// An item's place in the queue, given up when this is dropped.
struct Place<W: Work> {
    inner: Arc<Inner<W>>,
    ticket: u64,
}

impl<W: Work> Place<W> {
    /// Until it is answered, or has waited for too long.
    async fn wait(
        self,
        answered: &mut oneshot::Receiver<W::Answer>,
    ) -> Result<W::Answer, Unanswered> {
        let mut last = Instant::now() + self.inner.bounds.patience;
        loop {
            let now = Instant::now();
            if let Ok(answer) = timeout_at(last.min(now + LONG), &mut *answered).await {
                return answer.map_err(|_| Unanswered::Lost);
            }
            self.inner.pass_by_slow();
            if Instant::now() >= last {
                // Taken out, so that it cannot be sent any more; or sent already, and then it is answered.
                if self.inner.state().leave(self.ticket).is_some() {
                    return Err(Unanswered::NotInTime);
                }
                last = Instant::now() + self.inner.bounds.patience;
            }
        }
    }
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
    /// What is to go alone.
    left: Vec<(u64, Waiting<W>)>,
}

impl<W: Work> Drop for Lane<W> {
    fn drop(&mut self) {
        let left = std::mem::take(&mut self.left);
        self.inner.state().ended(self.number, &self.keys, left);
        self.inner.dispatch();
    }
}
