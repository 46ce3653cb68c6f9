//! Whoever follows the log is woken when it grows, in this process and in others.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::time::{Duration, Instant};

use es_core::ExpectedVersion::{Any, NoStream};
use es_core::{EventStore as _, SubscriptionStore as _, Wakes};
use es_postgres::PgStore;
use es_tests::TestDatabase;
use es_tests::log::{entry, stream, until};
use sqlx::PgConnection;
use sqlx::postgres::PgListener;
use tokio::sync::Mutex;

const PATIENCE: Duration = Duration::from_secs(20);

async fn woken(wakes: &mut Wakes) {
    tokio::time::timeout(PATIENCE, wakes.next()).await.expect("an append wakes who follows");
}

/// The process id of the session that listens for wake-ups.
async fn listeners(connection: &mut PgConnection) -> Vec<i32> {
    let all = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    sqlx::query_scalar(all).fetch_all(connection).await.unwrap()
}

/// Two stores stand for two processes. The second one is listening when this returns.
async fn two(database: &TestDatabase) -> (PgStore, PgStore, Wakes) {
    let (one, two) = (database.store().await, database.store().await);
    let mut wakes = two.wakes();
    // It wakes whoever waits when it has begun to listen.
    woken(&mut wakes).await;
    (one, two, wakes)
}

#[tokio::test]
async fn an_append_wakes_another_process() {
    let database = TestDatabase::create().await;
    let (one, _two, mut wakes) = two(&database).await;
    let mut times = Vec::new();
    for _ in 0..50 {
        one.append(entry(&stream(), NoStream, 1)).await.unwrap();
        let appended = Instant::now();
        woken(&mut wakes).await;
        times.push(appended.elapsed());
        // As in a quiet system: not within the pause after a notification.
        tokio::time::sleep(Duration::from_millis(6)).await;
    }
    times.sort_unstable();
    println!("from answer to wake-up: p50 {:?}, p95 {:?}", times[25], times[47]);
    assert!(times[25] < Duration::from_millis(50), "p50 {:?}", times[25]);
}

#[tokio::test]
async fn a_listener_that_is_killed_only_delays() {
    let database = TestDatabase::create().await;
    let (one, _two, mut wakes) = two(&database).await;
    let mut observer = database.connect().await;
    for _ in 0..3 {
        let before = listeners(&mut observer).await;
        assert_eq!(before.len(), 1);
        let killed: bool = sqlx::query_scalar("SELECT pg_terminate_backend($1)")
            .bind(before[0])
            .fetch_one(&mut observer)
            .await
            .unwrap();
        assert!(killed);
        // That it listens again is a wake-up too: something may have been missed.
        woken(&mut wakes).await;
        let again = Mutex::new(&mut observer);
        until("somebody listens again", || async {
            let now = listeners(*again.lock().await).await;
            now.len() == 1 && now != before
        })
        .await;
        one.append(entry(&stream(), NoStream, 1)).await.unwrap();
        woken(&mut wakes).await;
    }
}

#[tokio::test]
async fn only_what_is_committed_is_told() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let mut listener = PgListener::connect(database.url()).await.unwrap();
    listener.listen("es_appended").await.unwrap();
    let conflict = entry(&stream(), es_core::ExpectedVersion::StreamExists, 1);
    store.append(conflict).await.unwrap_err();
    let mut transaction = store.transaction().await.unwrap();
    store.append_in(&mut transaction, entry(&stream(), NoStream, 1)).await.unwrap();
    transaction.rollback().await.unwrap();
    store.append(entry(&stream(), NoStream, 1)).await.unwrap();
    let first = listener.recv().await.unwrap();
    assert_ne!(first.payload(), "marker");

    let mut transaction = store.transaction().await.unwrap();
    store.append_in(&mut transaction, entry(&stream(), NoStream, 1)).await.unwrap();
    transaction.commit().await.unwrap();
    sqlx::query("SELECT pg_notify('es_appended', 'marker')").execute(store.pool()).await.unwrap();
    assert_eq!(listener.recv().await.unwrap().payload(), "marker", "one append was told of");
    store.appended();
    let told = listener.recv().await.unwrap();
    assert_eq!(told.payload(), first.payload(), "the program told of its own transaction");
}

#[tokio::test]
async fn many_appends_are_told_at_once() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let mut listener = PgListener::connect(database.url()).await.unwrap();
    listener.listen("es_appended").await.unwrap();
    let (stream, began) = (stream(), Instant::now());
    for _ in 0..200 {
        store.append(entry(&stream, Any, 1)).await.unwrap();
    }
    let most = began.elapsed().as_millis() / 5 + 2;
    listener.recv().await.unwrap();
    // Whatever is still on its way comes before the last one of these.
    let (mut told, mut markers) = (1, 0);
    while markers < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let marker = sqlx::query("SELECT pg_notify('es_appended', 'marker')");
        marker.execute(store.pool()).await.unwrap();
        while listener.recv().await.unwrap().payload() != "marker" {
            told += 1;
        }
        markers += 1;
    }
    assert!(told <= most, "{told} notifications of 200 appends, at most {most} were to be sent");
}

#[tokio::test]
async fn nobody_listens_for_a_store_that_is_gone() {
    let database = TestDatabase::create().await;
    let (one, two, wakes) = two(&database).await;
    let observer = Mutex::new(database.connect().await);
    assert_eq!(listeners(&mut *observer.lock().await).await.len(), 1);
    one.append(entry(&stream(), NoStream, 1)).await.unwrap();
    drop((one, two, wakes));
    until("the listener's session has ended", || async {
        listeners(&mut *observer.lock().await).await.is_empty()
    })
    .await;
}
