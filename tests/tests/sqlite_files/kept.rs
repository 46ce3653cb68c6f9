//! Events are kept as they were written, and what was changed behind the store's back is noticed.

use es_core::prelude::*;
use es_core::{LogQuery, StoreError, StreamQuery};
use es_tests::TestFile;
use futures_util::TryStreamExt as _;

use crate::support::{add, ids, one, run, stranger, words};

#[tokio::test]
async fn nobody_changes_events_by_accident() {
    let file = TestFile::create();
    let store = file.store().await;
    for _ in 0..3 {
        add(&store).await;
    }
    let before = store.read_log(LogQuery::default(), 10).await.expect("readable").events;
    let mut stranger = stranger(&file).await;
    let columns = "stream_id, stream_hash, version, event_id, category, type, schema_version, payload, metadata, occurred_at, recorded_at";
    let fresh = "randomblob(16), 0, 1, randomblob(16), 'c', 't', 1, '{}', '{}', 0, 0";
    for statement in [
        "UPDATE es_events SET payload = '{}'".to_owned(),
        "DELETE FROM es_events WHERE position = 2".to_owned(),
        "INSERT OR REPLACE INTO es_events SELECT * FROM es_events".to_owned(),
        // Each of the three that are unique.
        format!("INSERT OR REPLACE INTO es_events (position, {columns}) VALUES (2, {fresh})"),
        format!(
            "INSERT OR REPLACE INTO es_events (position, {columns}) SELECT 9, randomblob(16), 0, 1, event_id, 'c', 't', 1, '{{}}', '{{}}', 0, 0 FROM es_events WHERE position = 2"
        ),
        format!(
            "INSERT OR REPLACE INTO es_events (position, {columns}) SELECT 9, stream_id, 0, version, randomblob(16), 'c', 't', 1, '{{}}', '{{}}', 0, 0 FROM es_events WHERE position = 2"
        ),
        // Behind the readers' backs.
        format!("INSERT INTO es_events (position, {columns}) VALUES (-7, {fresh})"),
    ] {
        let error = run(&mut stranger, &statement).await.expect_err(&statement);
        assert!(error.to_string().contains("events are never changed"), "{statement}: {error}");
    }
    let after = store.read_log(LogQuery::default(), 10).await.expect("readable").events;
    assert_eq!(after, before);
}

#[tokio::test]
async fn the_programs_own_queries_cannot_write() {
    let file = TestFile::create();
    let store = file.store().await;
    let written = sqlx::raw_sql("CREATE TABLE mine (n INTEGER)").execute(store.pool()).await;
    assert!(written.expect_err("it only reads").to_string().contains("readonly"));
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM es_events")
        .fetch_one(store.pool())
        .await
        .expect("it may read");
    assert_eq!(events, 0);
}

/// An event that cannot be read is never passed over.
#[tokio::test]
async fn what_cannot_be_read_is_corrupt_and_named() {
    for (column, value, what) in [
        ("event_id", "zeroblob(3)", "its id"),
        ("category", "''", "its category"),
        ("type", "'\u{7}'", "its type"),
        ("schema_version", "1 << 40", "its schema version"),
        ("metadata", "'{'", "its metadata"),
        ("occurred_at", "9223372036854775807", "the time at which it occurred"),
        ("recorded_at", "-9223372036854775808", "the time at which it was recorded"),
    ] {
        let file = TestFile::create();
        let store = file.store().await;
        let second = one();
        add(&store).await;
        store.append(second.clone()).await.expect("nothing is wrong");
        add(&store).await;
        let mut stranger = stranger(&file).await;
        run(
            &mut stranger,
            "DROP TRIGGER es_events_are_never_updated; PRAGMA ignore_check_constraints = on",
        )
        .await
        .expect("who means to can");
        let change = format!("UPDATE es_events SET {column} = {value} WHERE position = 2");
        run(&mut stranger, &change).await.expect("who means to can");

        let page = store.read_log(LogQuery::default(), 10).await;
        let stream: Result<Vec<_>, _> =
            store.read_stream(&second.stream, StreamQuery::ALL).try_collect().await;
        let log: Result<Vec<_>, _> = store.stream_log(LogQuery::default()).try_collect().await;
        for error in [page.map(|page| page.events), stream, log].map(Result::expect_err_named) {
            assert!(matches!(error, StoreError::Corrupt { .. }), "{column}: {error:?}");
            let said = words(&error);
            // A stream is known by its category, so there it is not the event that is amiss.
            assert!(said.contains(what) || column == "category", "{column}: {said}");
            assert!(said.contains("position 2") || column == "category", "{column}: {said}");
        }
    }
}

/// `expect_err` where the answer need not be shown.
trait ExpectErr {
    fn expect_err_named(self) -> StoreError;
}

impl<T> ExpectErr for Result<T, StoreError> {
    fn expect_err_named(self) -> StoreError {
        match self {
            Ok(_) => panic!("what cannot be read must be an error"),
            Err(error) => error,
        }
    }
}

#[tokio::test]
async fn a_file_can_be_copied_while_it_is_used() {
    let file = TestFile::create();
    let store = file.store().await;
    for _ in 0..20 {
        add(&store).await;
    }
    let copy = TestFile::create();
    let vacuum = format!("VACUUM INTO '{}'", copy.path().display());
    run(&mut stranger(&file).await, &vacuum).await.expect("SQLite's own way to a copy");
    add(&store).await;
    assert_eq!(ids(&copy.store().await).await, ids(&store).await[..20]);
}
