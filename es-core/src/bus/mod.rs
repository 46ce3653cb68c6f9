//! Events as they are stored, handed to whoever listens in this process.

mod attached;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::TryStreamExt as _;
use thiserror::Error;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

pub use self::attached::{Attached, BusEnded};
use crate::id::StreamId;
use crate::record::StoredEvent;
use crate::store::{EventStore, StreamQuery};
use crate::subscriber::{EventSubscriber, Subscribed};
use crate::version::Version;

/// The most events that a bus keeps for its slowest receiver.
const MOST: usize = 1 << 20;

/// Hands on events inside this process, once they are stored. Clones share one bus.
///
/// It promises little, so that it harms nobody: who publishes waits for no subscriber; a subscriber that is slower than
/// the bus is long misses events, and is told how many; nothing is kept for one that comes later or for another
/// process. Two saves at once may be published in another order than they are stored, also of one stream. What must
/// see everything is a projection or a subscription on the store.
///
/// ```
/// # use es_core::{EventBus, Subscribed, prelude::*};
/// # #[derive(Serialize, Deserialize, Event)] struct Withdrawn { cents: i64 }
/// # #[derive(Default)] struct Account;
/// # #[aggregate(name = "account", id = Uuid)]
/// # impl Account { #[handles(Withdrawn)] fn withdrawn(&mut self, _: &Withdrawn) {} }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let bus = EventBus::new(1_000);
/// let mut withdrawals = bus.subscribe(Subscribed::to::<Withdrawn>());
///
/// let accounts = Repository::<Account, _>::new(MemoryStore::new()).publish_to(&bus);
/// accounts.create(Uuid::now_v7(), Withdrawn { cents: 50 }).await?;
///
/// match withdrawals.next().await {
///     Some(Ok(event)) => assert_eq!(event.payload.as_str(), r#"{"cents":50}"#),
///     Some(Err(lagged)) => println!("{lagged}"), // goes on with what is still there
///     None => {} // nobody can publish any more
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct EventBus {
    events: broadcast::Sender<Arc<StoredEvent>>,
    counts: Arc<Counts>,
}

/// Apart from the bus: an attached subscriber counts, but does not keep the bus open.
#[derive(Debug, Default)]
struct Counts {
    failures: AtomicU64,
    unpublished: AtomicU64,
}

impl EventBus {
    /// A bus that keeps the last `capacity` events for receivers that are not so fast: at least 1, at most about a million.
    pub fn new(capacity: usize) -> Self {
        let events = broadcast::Sender::new(capacity.clamp(1, MOST));
        Self { events, counts: Arc::default() }
    }

    /// Hands stored events to all who listen now. With nobody there they are gone. A repository does this by itself
    /// after a save; see `Repository::publish_to`.
    pub fn publish(&self, events: impl IntoIterator<Item = StoredEvent>) {
        for event in events {
            // An error only says that nobody listens.
            let _ = self.events.send(Arc::new(event));
        }
    }

    /// Listens, from now on.
    pub fn subscribe(&self, subscribed: Subscribed) -> BusReceiver {
        BusReceiver { events: self.events.subscribe(), subscribed }
    }

    /// Runs a subscriber in a task of its own, from now on, until the handle is dropped or nobody can publish any more.
    ///
    /// An error of its handler is logged and counted, and the next event is handled. A panic is too, and ends this
    /// subscriber, whose state may be half changed. Neither reaches the others, or who publishes. What the error or
    /// the panic says appears in the log.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn attach<H: EventSubscriber>(&self, subscriber: H) -> Attached {
        Attached::run(self, subscriber)
    }

    /// How often handlers of attached subscribers have failed or panicked.
    pub fn failures(&self) -> u64 {
        self.counts.failures.load(Ordering::Relaxed)
    }

    /// After how many saves the events could not be read back, and so were not published.
    pub fn unpublished(&self) -> u64 {
        self.counts.unpublished.load(Ordering::Relaxed)
    }

    /// Publishes the events of a stream after one version, up to and including another.
    pub(crate) async fn publish_stored<S: EventStore>(
        &self,
        store: &S,
        stream: &StreamId,
        after: Version,
        up_to: Version,
    ) {
        if up_to <= after || self.events.receiver_count() == 0 {
            return;
        }
        let query = StreamQuery::after(after).up_to(up_to);
        match store.read_stream(stream, query).try_collect::<Vec<_>>().await {
            Ok(events) => self.publish(events),
            Err(error) => {
                self.counts.unpublished.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(%stream, %error, "what was saved could not be read back and is not published");
            }
        }
    }
}

impl fmt::Debug for EventBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventBus")
            .field("receivers", &self.events.receiver_count())
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

/// Hears what is published on an [`EventBus`].
pub struct BusReceiver {
    events: broadcast::Receiver<Arc<StoredEvent>>,
    subscribed: Subscribed,
}

impl BusReceiver {
    /// Waits for the next event that is subscribed to; `None` when every clone of the bus is gone and all has been
    /// given. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`BusLagged`] when events were missed; the next call goes on with the oldest that is still there.
    pub async fn next(&mut self) -> Option<Result<Arc<StoredEvent>, BusLagged>> {
        loop {
            match self.events.recv().await {
                Ok(event) if self.subscribed.has(event.name.as_str()) => return Some(Ok(event)),
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => return Some(Err(BusLagged { missed })),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

impl fmt::Debug for BusReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BusReceiver").field("subscribed", &self.subscribed).finish_non_exhaustive()
    }
}

/// A receiver was too slow: the bus has not kept these events for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{missed} events were missed")]
#[non_exhaustive]
pub struct BusLagged {
    /// How many, whether they were subscribed to or not.
    pub missed: u64,
}
