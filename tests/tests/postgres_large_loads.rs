//! Loads of large events that go together hold a bounded part of them in memory.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use es_core::ExpectedVersion::NoStream;
use es_core::{EventStore as _, Limits, Payload};
use es_postgres::PgConfig;
use es_tests::TestDatabase;
use es_tests::log::{entry, read, stream, until};
use es_tests::proxy::behind_proxy;
use futures_util::future::join_all;

/// One load waits alone, and one statement for all the others.
async fn both_wait(database: &TestDatabase) -> bool {
    let both = "SELECT count(*) = 2 FROM pg_locks WHERE NOT granted \
                AND relation = 'es.events'::regclass";
    sqlx::query_scalar(both).fetch_one(&mut database.connect().await).await.unwrap()
}

#[tokio::test]
async fn large_events_are_not_all_loaded_together() {
    let database = TestDatabase::create().await;
    let (store, proxy) = behind_proxy(&database, PgConfig::new().load_lanes(1)).await;
    let streams: Vec<_> = (0..12).map(|_| stream()).collect();
    let largest = Limits::default().payload_bytes;
    let text = format!("\"{}\"", "x".repeat(largest - 2));
    for stream in &streams {
        let mut append = entry(stream, NoStream, 3);
        for event in &mut append.events {
            event.payload = Payload::from_json(text.clone()).unwrap();
        }
        store.append(append).await.unwrap();
    }
    let mut holder = database.connect().await;
    let lock = "BEGIN; LOCK TABLE es.events IN ACCESS EXCLUSIVE MODE";
    sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
    let loads: Vec<_> = streams
        .iter()
        .map(|stream| {
            let (store, stream) = (store.clone(), stream.clone());
            tokio::spawn(async move { (read(&store, &stream).await, stream) })
        })
        .collect();
    until("one waits alone and one with others", || both_wait(&database)).await;
    // All have had their turn.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let before = proxy.turns("es");
    sqlx::raw_sql("COMMIT").execute(&mut holder).await.unwrap();
    for load in join_all(loads).await {
        let (events, stream) = load.unwrap();
        let versions: Vec<_> = events.iter().map(|event| event.version.get()).collect();
        assert_eq!(versions, [1, 2, 3]);
        assert!(events.iter().all(|event| event.stream == stream));
        assert!(events.iter().all(|event| event.payload.as_str() == text));
    }
    // 8 MiB hold two of them, and the third one in part.
    let turns = proxy.turns("es") - before;
    assert!(turns >= 9, "each of the others had a statement of its own: {turns}");
}
