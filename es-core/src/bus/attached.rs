//! A subscriber that runs in a task of its own.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt as _;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::{BusReceiver, Counts, EventBus};
use crate::inline::panic_text;
use crate::record::StoredEvent;
use crate::subscriber::EventSubscriber;

/// A subscriber at work. Dropping this ends it, at the next point where its handler waits.
#[derive(Debug)]
#[must_use = "dropping it ends the subscriber"]
pub struct Attached {
    task: JoinHandle<BusEnded>,
    stop: Arc<Notify>,
    watch: Arc<Watch>,
    ended: Option<BusEnded>,
}

/// Why a subscriber works no more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BusEnded {
    /// Every clone of the bus is gone, and all that was published has been handled or missed.
    Closed,
    /// By [`Attached::detach`], or with its runtime.
    Detached,
    /// Its handler panicked.
    Panicked {
        /// What it said.
        message: String,
    },
}

#[derive(Debug, Default)]
struct Watch {
    failures: AtomicU64,
    missed: AtomicU64,
}

impl Attached {
    pub(super) fn run<H: EventSubscriber>(bus: &EventBus, subscriber: H) -> Self {
        let stop = Arc::new(Notify::new());
        let watch = Arc::new(Watch::default());
        let worker = Worker {
            // Before the task runs for the first time: what is published from now on is heard.
            receiver: bus.subscribe(subscriber.subscribed_to()),
            counts: bus.counts.clone(),
            stop: stop.clone(),
            watch: watch.clone(),
        };
        Self { task: tokio::spawn(worker.run(subscriber)), stop, watch, ended: None }
    }

    /// How often its handler has failed or panicked.
    pub fn failures(&self) -> u64 {
        self.watch.failures.load(Ordering::Relaxed)
    }

    /// How many events it has missed, being too slow.
    pub fn missed(&self) -> u64 {
        self.watch.missed.load(Ordering::Relaxed)
    }

    /// Whether it works no more.
    pub fn is_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits until it ends, and says why it has. Dropping the future does not end it.
    pub async fn ended(&mut self) -> BusEnded {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        // The worker itself never panics: what its handler does is caught.
        let ended = (&mut self.task).await.unwrap_or(BusEnded::Detached);
        self.ended.insert(ended).clone()
    }

    /// Ends it, after the event that it handles at present, and waits for that.
    pub async fn detach(mut self) -> BusEnded {
        self.stop.notify_one();
        self.ended().await
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Worker {
    receiver: BusReceiver,
    counts: Arc<Counts>,
    stop: Arc<Notify>,
    watch: Arc<Watch>,
}

impl Worker {
    async fn run<H: EventSubscriber>(mut self, mut subscriber: H) -> BusEnded {
        loop {
            let next = tokio::select! {
                biased;
                () = self.stop.notified() => return BusEnded::Detached,
                next = self.receiver.next() => next,
            };
            match next {
                None => return BusEnded::Closed,
                Some(Err(lagged)) => {
                    self.watch.missed.fetch_add(lagged.missed, Ordering::Relaxed);
                    tracing::warn!(missed = lagged.missed, "a subscriber is slower than its bus");
                }
                Some(Ok(event)) => {
                    if let Err(message) = self.handle(&mut subscriber, &event).await {
                        return BusEnded::Panicked { message };
                    }
                }
            }
        }
    }

    /// An error is what the handler said when it panicked.
    async fn handle<H: EventSubscriber>(
        &self,
        subscriber: &mut H,
        event: &StoredEvent,
    ) -> Result<(), String> {
        // In a block: it may panic before it gives a future, and when the future is dropped.
        let handling = AssertUnwindSafe(async { subscriber.handle(event).await }).catch_unwind();
        let (id, name) = (event.id, &event.name);
        match handling.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                self.count_failure();
                tracing::error!(event = %id, %name, %error, "a subscriber failed to handle an event");
                Ok(())
            }
            Err(panic) => {
                self.count_failure();
                let message = panic_text(&*panic);
                tracing::error!(event = %id, %name, message, "a subscriber panicked and is ended");
                Err(message)
            }
        }
    }

    fn count_failure(&self) {
        self.watch.failures.fetch_add(1, Ordering::Relaxed);
        self.counts.failures.fetch_add(1, Ordering::Relaxed);
    }
}
