//! What the tests of subscriptions share: events, a projection that can be told to fail, a test for each store.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use es_core::prelude::*;
use es_core::subscription::SubscriptionConfig;
use es_core::{NewEvent, StreamAppend};

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

/// What a handler is to do with an amount.
pub(crate) type Trap = Arc<dyn Fn(i64) -> Result<(), ProjectionError> + Send + Sync>;

/// Keeps [`Sum`], and does first with each amount what it is told to.
#[derive(Clone)]
pub(crate) struct Sums {
    pub(crate) trap: Trap,
    pub(crate) handled: Arc<Mutex<Vec<i64>>>,
}

impl Default for Sums {
    fn default() -> Self {
        Self { trap: Arc::new(|_| Ok(())), handled: Arc::default() }
    }
}

#[projection(name = "sums", read_models(Sum))]
impl Sums {
    #[handles(Noted)]
    async fn noted(&self, event: &Noted, cx: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        self.handled.lock().unwrap().push(event.n);
        (self.trap)(event.n)?;
        let stream = cx.stream_id();
        let mut rows = cx.rows::<Sum>();
        let mut row = rows.get(&stream).await?.unwrap_or(Sum { stream, n: 0, events: 0 });
        row.n += event.n;
        row.events += 1;
        rows.save(row).await
    }
}

/// Long enough for a slow machine.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A configuration that is quick to try again and to take over.
pub(crate) fn quick() -> SubscriptionConfig {
    let pauses = (Duration::from_millis(1), Duration::from_millis(5));
    let retry = es_core::subscription::Retry::times(2).pauses(pauses.0, pauses.1);
    SubscriptionConfig::new()
        .retry(retry)
        .lease(Duration::from_millis(400))
        .poll(Duration::from_millis(50))
}

/// Appends one event per amount to a stream, and gives the position of the last.
pub(crate) async fn note<S: EventStore>(
    store: &S,
    stream: Uuid,
    amounts: &[i64],
) -> es_core::Position {
    let event = |n: &i64| NewEvent::of(&Noted { n: *n }).unwrap();
    let events = amounts.iter().map(event).collect();
    let stream = StreamId::new(es_core::Category::new("notes").unwrap(), stream);
    let append = StreamAppend::new(stream, ExpectedVersion::Any, events);
    store.append(append).await.unwrap().position
}

/// All rows, by key.
pub(crate) async fn sums<S: ReadModelQuery>(store: &S) -> Vec<(i64, i64)> {
    store.rows::<Sum>().await.unwrap().into_iter().map(|row| (row.n, row.events)).collect()
}

/// Waits until a condition holds.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    es_tests::log::until(what, holds).await;
}

/// A test for memory and one for PostgreSQL.
#[macro_export]
macro_rules! on_each_store {
    ($($name:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(es_core::MemoryStore::new()).await;
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
