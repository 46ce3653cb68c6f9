//! What the tests of subscriptions share: events, a projection that can be told to fail, a test for each store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use es_core::prelude::*;
use es_core::subscription::{State, Subscription, SubscriptionConfig};
use es_core::{BoxFuture, Category, NewEvent, Position, StreamAppend, Subscribed};

/// Something of an amount was noted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(name = "noted")]
pub(crate) struct Noted {
    pub(crate) n: i64,
}

/// The amounts of one stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "sums")]
pub(crate) struct Sum {
    #[read_model(id)]
    pub(crate) stream: Uuid,
    pub(crate) n: i64,
    pub(crate) events: i64,
}

/// How a handler ends.
pub(crate) type Outcome = Result<(), ProjectionError>;

/// What a handler is to do with an amount.
pub(crate) type Trap = Arc<dyn Fn(i64) -> BoxFuture<'static, Outcome> + Send + Sync>;

/// A trap of a closure.
pub(crate) fn trap<F: Future<Output = Outcome> + Send + 'static>(
    act: impl Fn(i64) -> F + Send + Sync + 'static,
) -> Trap {
    Arc::new(move |n| Box::pin(act(n)))
}

/// Fails at one amount.
pub(crate) fn fails_at(amount: i64) -> Trap {
    trap(move |n| async move {
        if n == amount { Err(ProjectionError::handler(format!("{n} is too much"))) } else { Ok(()) }
    })
}

/// Never comes back from one amount.
pub(crate) fn hangs_at(amount: i64) -> Trap {
    trap(move |n| async move {
        if n == amount {
            std::future::pending::<()>().await;
        }
        Ok(())
    })
}

/// Keeps handlers waiting until it is opened.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<tokio::sync::watch::Sender<bool>>);

impl Gate {
    pub(crate) fn open(&self) {
        self.0.send_replace(true);
    }

    /// Waits at one amount.
    pub(crate) fn at(&self, amount: i64) -> Trap {
        let gate = self.0.clone();
        trap(move |n| {
            let mut opened = gate.subscribe();
            async move {
                if n == amount {
                    opened.wait_for(|open| *open).await.unwrap();
                }
                Ok(())
            }
        })
    }
}

/// Takes its time for everything.
pub(crate) fn takes(time: Duration) -> Trap {
    trap(move |_| async move {
        tokio::time::sleep(time).await;
        Ok(())
    })
}

/// What was handled: amounts in the order in which they came, failed attempts included. Clones share one list.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<(Uuid, i64)>>>);

impl Seen {
    pub(crate) fn note(&self, stream: Uuid, n: i64) {
        self.0.lock().unwrap().push((stream, n));
    }

    /// The amounts.
    pub(crate) fn all(&self) -> Vec<i64> {
        self.0.lock().unwrap().iter().map(|(_, n)| *n).collect()
    }

    /// How often an amount came.
    pub(crate) fn count(&self, amount: i64) -> usize {
        self.all().into_iter().filter(|n| *n == amount).count()
    }

    /// The amounts, by stream.
    pub(crate) fn by_stream(&self) -> BTreeMap<Uuid, Vec<i64>> {
        let mut streams = BTreeMap::<_, Vec<_>>::new();
        for (stream, n) in self.0.lock().unwrap().iter() {
            streams.entry(*stream).or_default().push(*n);
        }
        streams
    }
}

/// Keeps [`Sum`], and does first with each amount what it is told to.
#[derive(Clone)]
pub(crate) struct Sums {
    pub(crate) trap: Trap,
    pub(crate) seen: Seen,
}

impl Default for Sums {
    fn default() -> Self {
        Self::with(trap(|_| std::future::ready(Ok(()))))
    }
}

impl Sums {
    pub(crate) fn with(trap: Trap) -> Self {
        Self { trap, seen: Seen::default() }
    }

    /// With the same list of what was handled.
    pub(crate) fn seen_by(self, seen: &Seen) -> Self {
        Self { seen: seen.clone(), ..self }
    }
}

#[projection(name = "sums", read_models(Sum))]
impl Sums {
    #[handles(Noted)]
    async fn noted(&self, event: &Noted, cx: &mut ReadModels<'_>) -> Outcome {
        let stream = cx.stream_id();
        self.seen.note(stream, event.n);
        (self.trap)(event.n).await?;
        let mut rows = cx.rows::<Sum>();
        let mut row = rows.get(&stream).await?.unwrap_or(Sum { stream, n: 0, events: 0 });
        row.n += event.n;
        row.events += 1;
        rows.save(row).await
    }
}

/// A plain subscriber: it notes what comes, and does with it what it is told to.
#[derive(Clone)]
pub(crate) struct Listener {
    pub(crate) trap: Trap,
    pub(crate) seen: Seen,
}

impl Listener {
    pub(crate) fn with(trap: Trap) -> Self {
        Self { trap, seen: Seen::default() }
    }
}

impl Default for Listener {
    fn default() -> Self {
        Self::with(trap(|_| std::future::ready(Ok(()))))
    }
}

impl es_core::EventSubscriber for Listener {
    fn subscribed_to(&self) -> Subscribed {
        Subscribed::to::<Noted>()
    }

    async fn handle(&mut self, event: &StoredEvent) -> Outcome {
        let noted: Noted = event.payload.decode().map_err(ProjectionError::handler)?;
        self.seen.note(event.stream.id(), noted.n);
        (self.trap)(noted.n).await
    }
}

/// Long enough for a slow machine.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// So many milliseconds.
pub(crate) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A configuration that is quick to try again and to take over.
pub(crate) fn quick() -> SubscriptionConfig {
    let retry = es_core::subscription::Retry::times(2).pauses(ms(1), ms(5));
    SubscriptionConfig::new().retry(retry).lease(ms(400)).poll(ms(50))
}

/// The events for some amounts.
pub(crate) fn noted(amounts: &[i64]) -> Vec<NewEvent> {
    amounts.iter().map(|n| NewEvent::of(&Noted { n: *n }).unwrap()).collect()
}

/// Appends events to a stream of a category, and gives the position of the last.
pub(crate) async fn append<S: EventStore>(
    store: &S,
    category: &'static str,
    stream: Uuid,
    events: Vec<NewEvent>,
) -> Position {
    let stream = StreamId::new(Category::new(category).unwrap(), stream);
    let append = StreamAppend::new(stream, ExpectedVersion::Any, events);
    store.append(append).await.unwrap().position
}

/// Appends one event per amount to a stream, and gives the position of the last.
pub(crate) async fn note<S: EventStore>(store: &S, stream: Uuid, amounts: &[i64]) -> Position {
    append(store, "notes", stream, noted(amounts)).await
}

/// All rows as sum and number of events, by rising key, which is the stream.
pub(crate) async fn sums<S: ReadModelQuery>(store: &S) -> Vec<(i64, i64)> {
    store.rows::<Sum>().await.unwrap().into_iter().map(|row| (row.n, row.events)).collect()
}

/// Waits until a condition holds.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    es_tests::log::until(what, holds).await;
}

/// Waits until a subscription is in a state.
pub(crate) async fn until_state<P: Send + Sync>(subscription: &Subscription<P>, state: State) {
    let status = || subscription.status();
    let deadline = std::time::Instant::now() + SOON;
    while status().state != state {
        assert!(std::time::Instant::now() < deadline, "not {state}: {:?}", status());
        tokio::time::sleep(ms(2)).await;
    }
}

/// A test for memory, one for SQLite and one for PostgreSQL.
#[macro_export]
macro_rules! on_each_store {
    ($($name:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(es_core::MemoryStore::new()).await;
            })+
        }
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let file = es_tests::TestFile::create();
                super::$name(file.store().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let database = es_tests::TestDatabase::create().await;
                super::$name(database.store().await).await;
            })+
        }
    };
}
