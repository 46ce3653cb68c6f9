//! A projection is emptied where it keeps what it has made: in its struct, in tables of its own, in read models.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use es_core::prelude::*;
use es_core::subscription::{Rebuild, Subscription, SubscriptionError};
use es_core::{NewEvent, StreamAppend, SubscriptionStore};
use es_postgres::{PgContext, PgReset, PgStore};
use es_tests::TestDatabase;

const SOON: Duration = Duration::from_secs(30);

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "visited")]
struct Visited {
    page: String,
}

async fn visit<S: EventStore>(store: &S, pages: &[&str]) {
    let event = |page: &&str| NewEvent::of(&Visited { page: (*page).to_owned() }).unwrap();
    let stream = StreamId::new(es_core::Category::new("visits").unwrap(), Uuid::now_v7());
    let events = pages.iter().map(event).collect();
    store.append(StreamAppend::new(stream, ExpectedVersion::NoStream, events)).await.unwrap();
}

/// Counts in its struct.
#[derive(Default)]
struct Count(usize);

#[projection]
impl Count {
    #[handles(Visited)]
    fn visited(&mut self, _: &Visited) {
        self.0 += 1;
    }

    #[reset]
    fn empty(&mut self) {
        self.0 = 0;
    }
}

/// Counts in its struct, and does not say how to begin anew.
#[derive(Default)]
struct Forgetful(usize);

#[projection]
impl Forgetful {
    #[handles(Visited)]
    fn visited(&mut self, _: &Visited) {
        self.0 += 1;
    }
}

/// Counts in a table of its own. Told to, it fails to empty it.
struct Views {
    fails: bool,
}

#[projection(name = "views")]
impl Views {
    #[handles(Visited)]
    async fn visited(
        &self,
        event: &Visited,
        cx: &mut PgContext<'_>,
    ) -> Result<(), ProjectionError> {
        let statement =
            "INSERT INTO views VALUES ($1, 1) ON CONFLICT (page) DO UPDATE SET n = views.n + 1";
        let counted = sqlx::query(statement).bind(&event.page).execute(cx.connection()).await;
        counted.map(drop).map_err(ProjectionError::handler)
    }

    #[reset]
    async fn empty(&mut self, cx: &mut PgReset<'_>) -> Result<(), ProjectionError> {
        let emptied = sqlx::query("DELETE FROM views").execute(cx.connection()).await;
        emptied.map_err(ProjectionError::handler)?;
        if self.fails { Err(ProjectionError::handler("told to fail")) } else { Ok(()) }
    }
}

/// Says how often it was emptied.
#[derive(Clone, Default)]
struct Emptied(Arc<AtomicUsize>);

#[projection]
impl Emptied {
    #[handles(Visited)]
    fn visited(&mut self, _: &Visited) {
        let _ = self;
    }

    #[reset]
    fn empty(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

async fn counting<P: Projection + Sync>(
    store: &MemoryStore,
    projection: P,
) -> (SubscriptionManager<MemoryStore>, Subscription<P>) {
    let manager = SubscriptionManager::new(store.clone());
    let config = SubscriptionConfig::new();
    let count = manager.subscribe_in_memory("count", projection, config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    (manager, count)
}

#[tokio::test]
async fn what_is_kept_in_memory_is_counted_anew() {
    let store = MemoryStore::new();
    visit(&store, &["a", "a", "b"]).await;
    let (manager, count) = counting(&store, Count::default()).await;
    assert_eq!(count.read().await.0, 3);
    manager.reset("count").await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!(count.read().await.0, 3, "not what was there and what is there");

    visit(&store, &["c"]).await;
    manager.stop(SOON).await.unwrap();
    manager.reset("count").await.unwrap();
    assert_eq!(count.read().await.0, 0, "it is stopped, and empty");
}

#[tokio::test]
async fn what_does_not_say_how_is_not_reset() {
    let store = MemoryStore::new();
    visit(&store, &["a", "a", "b"]).await;
    let (manager, count) = counting(&store, Forgetful::default()).await;
    let refused = manager.reset("count").await.unwrap_err();
    assert!(matches!(refused, SubscriptionError::NothingToRebuild { .. }), "{refused:?}");
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!(count.read().await.0, 3, "it goes on as it was");
}

#[tokio::test]
async fn each_part_is_emptied() {
    let (manager, emptied) = (SubscriptionManager::new(MemoryStore::new()), Emptied::default());
    let make = || emptied.clone();
    manager.subscribe_parts("parts", 4, make, SubscriptionConfig::new()).unwrap();
    manager.reset("parts").await.unwrap();
    assert_eq!(emptied.0.load(Ordering::Relaxed), 4);
}

async fn with_views(database: &TestDatabase) -> PgStore {
    let store = database.store().await;
    let table = "CREATE TABLE views (page text PRIMARY KEY, n bigint NOT NULL)";
    sqlx::raw_sql(table).execute(store.pool()).await.unwrap();
    store
}

async fn views(store: &PgStore) -> Vec<(String, i64)> {
    sqlx::query_as("SELECT page, n FROM views ORDER BY page").fetch_all(store.pool()).await.unwrap()
}

fn subscribed<S: SubscriptionStore + Clone>(store: &S, fails: bool) -> SubscriptionManager<S> {
    let manager = SubscriptionManager::new(store.clone());
    manager.subscribe("views", Views { fails }, SubscriptionConfig::new()).unwrap();
    manager
}

#[tokio::test]
async fn tables_of_its_own_are_emptied_and_filled_again() {
    let database = TestDatabase::create().await;
    let store = with_views(&database).await;
    visit(&store, &["a", "a", "b"]).await;
    let manager = subscribed(&store, false);
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    let counted = [("a".to_owned(), 2), ("b".to_owned(), 1)];
    assert_eq!(views(&store).await, counted);

    manager.reset("views").await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!(views(&store).await, counted, "each event once");
    for how in [Rebuild::InOneTransaction, Rebuild::InBatches] {
        manager.rebuild("views", how).await.unwrap().done().await.unwrap();
        assert_eq!(views(&store).await, counted, "{how:?}");
    }
    manager.stop(SOON).await.unwrap();
    manager.reset("views").await.unwrap();
    assert_eq!(views(&store).await, [], "it is stopped, and empty");
}

#[tokio::test]
async fn a_reset_that_fails_changes_nothing() {
    let database = TestDatabase::create().await;
    let store = with_views(&database).await;
    visit(&store, &["a"]).await;
    let manager = subscribed(&store, true);
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    let refused = manager.reset("views").await.unwrap_err();
    assert!(matches!(refused, SubscriptionError::Projection(_)), "{refused:?}");
    visit(&store, &["b"]).await;
    manager.wait_caught_up(SOON).await.unwrap();
    let counted = [("a".to_owned(), 1), ("b".to_owned(), 1)];
    assert_eq!(views(&store).await, counted, "the checkpoint is where it was");
}

#[tokio::test]
async fn another_store_has_no_such_tables() {
    let manager = subscribed(&MemoryStore::new(), false);
    let refused = manager.reset("views").await.unwrap_err();
    let SubscriptionError::Projection(ProjectionError::Context { context }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(context, "PgReset");
}
