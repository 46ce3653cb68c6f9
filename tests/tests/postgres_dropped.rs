//! Futures that are dropped half-way leave nothing behind that could harm whoever comes next.

use es_core::ExpectedVersion::Any;
use es_core::{EventStore as _, LogQuery, ProjectionBatch as _, ProjectionStore as _, StreamId};
use es_postgres::{PgConfig, PgStore};
use es_tests::TestDatabase;
use es_tests::dropped::drop_after;
use es_tests::log::{entry, stream, until};
use futures_util::StreamExt as _;
use sqlx::PgConnection;

/// More often than any of these calls waits for the server.
const WAITS: usize = 40;

/// For calls of one or two statements: after how many waits to drop the next one. A fast server answers before the first wait,
/// so each is tried often, and more often when none has been dropped yet.
fn few_waits(tries: &mut usize, dropped: usize) -> Option<usize> {
    let more = *tries < 40 || (dropped == 0 && *tries < 2_000);
    *tries += 1;
    more.then_some(*tries % 4)
}

/// One connection, so that the next call meets what a dropped one has left.
async fn one_connection(database: &TestDatabase) -> PgStore {
    let store =
        database.store_with(PgConfig::new().max_connections(1).subscription_connections(0)).await;
    store.settled().await.expect("the database is in order");
    store
}

/// What another session sees of a stream.
async fn versions(observer: &mut PgConnection, stream: &StreamId) -> Vec<i64> {
    sqlx::query_scalar("SELECT version FROM es.events WHERE stream_id = $1 ORDER BY version")
        .bind(stream.id())
        .fetch_all(observer)
        .await
        .expect("the stream can be read")
}

/// What the store says is stored must be stored: seen by another session.
async fn assert_sound(store: &PgStore, observer: &mut PgConnection, after: &str) {
    let stream = stream();
    let appended =
        store.append(entry(&stream, Any, 2)).await.unwrap_or_else(|e| panic!("{after}: {e:?}"));
    assert_eq!(appended.version.get(), 2, "{after}");
    let stored = versions(observer, &stream).await;
    assert_eq!(stored, [1, 2], "{after}: an append was acknowledged and is not there");
}

#[tokio::test]
async fn a_dropped_append_is_stored_whole_or_not_at_all() {
    let database = TestDatabase::create().await;
    let (store, mut observer) = (one_connection(&database).await, database.connect().await);
    let stream = stream();
    let (mut tries, mut dropped) = (0, 0);
    while let Some(waits) = few_waits(&mut tries, dropped) {
        dropped += usize::from(drop_after(waits, store.append(entry(&stream, Any, 2))).await);
        assert_sound(&store, &mut observer, &format!("an append dropped after {waits} waits"))
            .await;
        let all = [entry(&stream, Any, 2), entry(&self::stream(), Any, 2)];
        dropped += usize::from(drop_after(waits, store.append_many(all.into())).await);
        assert_sound(&store, &mut observer, &format!("a call dropped after {waits} waits")).await;
    }
    assert!(dropped > 0, "nothing was dropped half-way");
    let stored = versions(&mut observer, &stream).await;
    assert_eq!(stored.len() % 2, 0, "half an append is stored");
    assert_eq!(stored, (1..=i64::try_from(stored.len()).unwrap()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_dropped_begin_leaves_no_transaction_open() {
    let database = TestDatabase::create().await;
    let (store, mut observer) = (one_connection(&database).await, database.connect().await);
    let mut dropped = 0;
    for waits in 0..WAITS {
        let name = format!("projection-{waits}");
        dropped += usize::from(drop_after(waits, store.begin(&name, 1)).await);
        assert_sound(&store, &mut observer, &format!("a begin dropped after {waits} waits")).await;
    }
    assert!(dropped > 0, "nothing was dropped half-way");
}

#[tokio::test]
async fn a_dropped_batch_or_commit_leaves_no_transaction_open() {
    let database = TestDatabase::create().await;
    let (store, mut observer) = (one_connection(&database).await, database.connect().await);
    let (mut tries, mut dropped) = (0, 0);
    while let Some(waits) = few_waits(&mut tries, dropped) {
        drop(store.begin("views", 1).await.unwrap());
        assert_sound(&store, &mut observer, "a dropped batch").await;
        let batch = store.begin("views", 1).await.unwrap();
        let checkpoint = batch.checkpoint();
        dropped += usize::from(drop_after(waits, batch.commit(checkpoint)).await);
        assert_sound(&store, &mut observer, &format!("a commit dropped after {waits} waits")).await;
    }
    assert!(dropped > 0, "nothing was dropped half-way");
}

#[tokio::test]
async fn dropped_reads_and_migrations_leave_no_transaction_open() {
    let database = TestDatabase::create().await;
    let (store, mut observer) = (one_connection(&database).await, database.connect().await);
    let stream = stream();
    let mut dropped = 0;
    for waits in 0..WAITS {
        store.append(entry(&stream, Any, 2)).await.unwrap();
        dropped += usize::from(drop_after(waits, store.migrate()).await);
        assert_sound(&store, &mut observer, &format!("a migration dropped after {waits} waits"))
            .await;
        dropped += usize::from(drop_after(waits, store.read_log(LogQuery::default(), 9)).await);
        assert_sound(&store, &mut observer, &format!("a page dropped after {waits} waits")).await;
        let mut log = store.stream_log(LogQuery::default());
        log.next().await.unwrap().unwrap();
        drop(log);
        assert_sound(&store, &mut observer, "a stream dropped after its first event").await;
    }
    assert!(dropped > 0, "nothing was dropped half-way");
    let observer = tokio::sync::Mutex::new(observer);
    until("no session is left in a transaction", || async {
        open_transactions(&mut *observer.lock().await).await == 0
    })
    .await;
}

async fn open_transactions(observer: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
    )
    .fetch_one(observer)
    .await
    .expect("sessions can be counted")
}
