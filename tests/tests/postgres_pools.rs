//! Connections: commands and subscriptions keep each other waiting for none, and who takes one himself gets his turn.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::time::Duration;

use es_core::ExpectedVersion::{Any, NoStream};
use es_core::{
    BatchStart, Checkpoint, EventStore as _, Fingerprint, LogQuery, NewSnapshot, Payload,
    ProjectionPart, ProjectionStore as _,
};
use es_postgres::{PgConfig, PgStore};
use es_tests::TestDatabase;
use es_tests::log::{entry, read, stream};
use sqlx::postgres::PgPoolOptions;

/// Nobody in here waits so long, unless for ever.
fn config() -> PgConfig {
    PgConfig::new()
        .max_connections(2)
        .subscription_connections(2)
        .acquire_timeout(Duration::from_secs(5))
}

fn start(name: &str) -> BatchStart {
    BatchStart::new(ProjectionPart::whole(name, 1), Checkpoint::default(), None)
}

#[tokio::test]
async fn subscriptions_cannot_keep_commands_waiting() {
    let database = TestDatabase::create().await;
    let store = database.store_with(config()).await;
    let _batches = (
        store.begin_batch(start("one")).await.unwrap(),
        store.begin_batch(start("two")).await.unwrap(),
    );
    assert!(store.begin_batch(start("three")).await.is_err(), "all connections are busy");
    let stream = stream();
    store.append(entry(&stream, NoStream, 2)).await.unwrap();
    assert_eq!(read(&store, &stream).await.len(), 2);
    drop(store.transaction().await.unwrap());
}

#[tokio::test]
async fn commands_cannot_keep_subscriptions_waiting() {
    let database = TestDatabase::create().await;
    let store = database.store_with(config()).await;
    let stream = stream();
    let appended = store.append(entry(&stream, NoStream, 2)).await.unwrap();
    let _transactions = (store.transaction().await.unwrap(), store.transaction().await.unwrap());
    assert!(store.transaction().await.is_err(), "all connections are busy");
    assert_eq!(store.settled().await.unwrap().get(), 2);
    assert_eq!(store.read_log(LogQuery::default(), 9).await.unwrap().events.len(), 2);
    store.checkpoint(&ProjectionPart::whole("one", 1)).await.unwrap();
    drop(store.begin_batch(start("one")).await.unwrap());

    let (version, position) = (appended.version, appended.position);
    let state = Payload::from_json("{}").unwrap();
    let snapshot = NewSnapshot::new(stream, version, position, Fingerprint::new(1), state);
    assert!(store.save_snapshot(snapshot).await.unwrap(), "no command waits for it");
}

#[tokio::test]
async fn the_server_can_tell_them_apart() {
    let database = TestDatabase::create().await;
    let store = database.store_with(config().application_name("billing")).await;
    store.settled().await.unwrap();
    store.append(entry(&stream(), NoStream, 1)).await.unwrap();
    let names = "SELECT DISTINCT application_name FROM pg_stat_activity \
                 WHERE datname = current_database() AND application_name LIKE 'billing%' ORDER BY 1";
    let names: Vec<String> =
        sqlx::query_scalar(names).fetch_all(&mut database.connect().await).await.unwrap();
    assert_eq!(names, ["billing", "billing-subscriptions"]);
}

#[tokio::test]
async fn a_pool_of_the_program_is_shared() {
    let database = TestDatabase::create().await;
    database.store().await;
    let pool = PgPoolOptions::new().max_connections(1).connect(database.url()).await.unwrap();
    let store = PgStore::from_pool(pool.clone());
    let stream = stream();
    store.append(entry(&stream, NoStream, 2)).await.unwrap();
    assert_eq!(read(&store, &stream).await.len(), 2);
    assert_eq!(store.settled().await.unwrap().get(), 2);
    drop(store.begin_batch(start("one")).await.unwrap());
    assert_eq!(pool.size(), 1);
}

/// The store keeps its connection ready between two statements, and would never give it back by itself.
#[tokio::test(flavor = "multi_thread")]
async fn who_takes_a_connection_himself_gets_his_turn() {
    let database = TestDatabase::create().await;
    let store = database.store_with(PgConfig::new().max_connections(1)).await;
    let pool = store.pool().clone();
    let busy = tokio::spawn(async move {
        let stream = stream();
        loop {
            store.append(entry(&stream, Any, 1)).await.unwrap();
        }
    });
    for _ in 0..5 {
        let own = tokio::time::timeout(Duration::from_secs(5), pool.acquire()).await;
        drop(own.expect("its turn comes").unwrap());
    }
    assert!(!busy.is_finished());
    busy.abort();
}

#[test]
fn a_store_may_outlive_its_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (database, store) = runtime.block_on(async {
        let database = TestDatabase::create().await;
        let store = database.store().await;
        store.append(entry(&stream(), NoStream, 1)).await.unwrap();
        (database, store)
    });
    drop(runtime);
    let other = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    other.block_on(async {
        let stream = stream();
        store.append(entry(&stream, NoStream, 1)).await.unwrap();
        assert_eq!(read(&store, &stream).await.len(), 1);
    });
    drop(other);
    // Outside of any runtime.
    drop(store);
    drop(database);
}
