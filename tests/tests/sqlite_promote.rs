//! Which version of a projection serves, in an SQLite file: names that readers know become views, while they read.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use es_core::{
    BatchStart, Checkpoint, Column, LeaseRequest, Position, ProjectionBatch as _, ProjectionPart,
    ProjectionStore as _, Promotion, RowChange, RowSelection, StoreError, SubscriptionStore as _,
    Table,
};
use es_sqlite::SqliteStore;
use es_tests::TestFile;
use futures_util::future::join_all;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use uuid::Uuid;

const COLUMNS: &[Column] = &[Column::of::<String>("id"), Column::of::<i64>("n")];
const MORE: &[Column] =
    &[Column::of::<String>("id"), Column::of::<Option<i64>>("added"), Column::of::<i64>("n")];
const SERVING: &Table = &Table::new("sums", "id", COLUMNS);
const SECOND: &Table = &Table::new("sums_second", "id", COLUMNS);
const THIRD: &Table = &Table::new("sums_third", "id", MORE);

/// Three tables, each with one row that tells them apart.
async fn made(file: &TestFile) -> SqliteStore {
    let store = file.store().await;
    for (table, n) in [(SERVING, 1), (SECOND, 2), (THIRD, 3)] {
        store.ensure_table(table).await.unwrap();
        let mut batch = store.begin(table.name, 1).await.unwrap();
        batch.backend().upsert(table, &[row(table, "a", n)]).await.unwrap();
        batch.commit(at(1)).await.unwrap();
    }
    store
}

fn at(position: u64) -> Checkpoint {
    Checkpoint::new(Position::new(position), None)
}

async fn rows(store: &SqliteStore, table: &'static Table) -> Vec<String> {
    let found = store.read_rows(table, RowSelection::All).await.unwrap();
    found.into_iter().map(|row| row.json).collect()
}

fn row(table: &'static Table, id: &str, n: i64) -> RowChange {
    let row = serde_json::json!({ "id": id, "n": n });
    RowChange::new(table, &row, chrono::Utc::now()).unwrap()
}

/// Also readers of other processes, whose statements were prepared for what had the name before.
#[tokio::test(flavor = "multi_thread")]
async fn readers_see_the_old_or_the_new_table() {
    let file = TestFile::create();
    let store = made(&file).await;
    let elsewhere = file.store().await;
    let done = Arc::new(AtomicBool::new(false));
    let readers = [store.clone(), elsewhere.clone(), elsewhere].map(|store| {
        let done = done.clone();
        tokio::spawn(async move {
            let mut seen = [0_usize; 4];
            while !done.load(Ordering::Relaxed) {
                let found = rows(&store, SERVING).await;
                assert_eq!(found.len(), 1, "{found:?}");
                let own = sqlx::query_scalar("SELECT n FROM sums").fetch_all(store.pool()).await;
                let own: Vec<i64> = own.unwrap();
                assert!((1..=3).contains(&own[0]) && own.len() == 1, "{own:?}");
                let n = found[0].chars().rfind(char::is_ascii_digit).unwrap();
                seen[n.to_digit(10).unwrap() as usize] += 1;
            }
            seen
        })
    });
    for version in 2..30 {
        let built = if version % 2 == 0 { SECOND } else { THIRD };
        // Many promote at once; all but one find it done.
        let promotions = [Promotion::new(SERVING, built)];
        let all = (0..3).map(|_| store.promote("sums", version, &promotions));
        for promoted in join_all(all).await {
            promoted.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    done.store(true, Ordering::Relaxed);
    for reader in join_all(readers).await {
        let seen = reader.unwrap();
        assert!(seen[2] > 0 && seen[3] > 0, "{seen:?}");
    }
}

/// An old process may go on for a while, and what it has staged for the name would now end in the new version's table.
#[tokio::test]
async fn an_old_process_that_writes_into_the_view_commits_nothing() {
    let file = TestFile::create();
    let (store, old) = (made(&file).await, file.store().await);
    let hour = Duration::from_hours(1);
    let request = LeaseRequest::new("old", 1, 1, Uuid::now_v7(), hour);
    let lease = old.lease(request).await.unwrap().held[0];
    let part = ProjectionPart::whole("old", 1);
    let start = BatchStart::new(part, Checkpoint::default(), Some(lease.epoch));
    let mut leased = old.begin_batch(start).await.unwrap();
    let mut without = old.begin("old", 1).await.unwrap();
    store.promote("old", 2, &[Promotion::new(SERVING, SECOND)]).await.unwrap();
    for (batch, id) in [(&mut leased, "b"), (&mut without, "c")] {
        batch.backend().upsert(SERVING, &[row(SERVING, id, 4)]).await.unwrap();
    }
    for batch in [leased, without] {
        let late = batch.commit(at(1)).await;
        assert!(matches!(late, Err(StoreError::CheckpointMoved { .. })), "{late:?}");
    }
    assert_eq!(rows(&store, SERVING).await, [r#"{"id":"a","n":2}"#]);
}

/// As the view shows all columns, it need not be made anew.
#[tokio::test]
async fn columns_that_are_added_are_seen_at_once() {
    const LATER: &Table = &Table::new("sums", "id", MORE);
    const ADDED: &Table = &Table::new("sums_second", "id", MORE);
    let file = TestFile::create();
    let (store, elsewhere) = (made(&file).await, file.store().await);
    store.promote("sums", 2, &[Promotion::new(SERVING, SECOND)]).await.unwrap();
    for reader in [&store, &elsewhere] {
        reader.read_rows(LATER, RowSelection::All).await.unwrap_err();
        assert_eq!(rows(reader, SERVING).await, [r#"{"id":"a","n":2}"#]);
    }
    store.ensure_table(ADDED).await.unwrap();
    store.promote("sums", 2, &[Promotion::new(LATER, ADDED)]).await.unwrap();
    for reader in [&store, &elsewhere] {
        assert_eq!(rows(reader, LATER).await, [r#"{"id":"a","added":null,"n":2}"#]);
        assert_eq!(rows(reader, SERVING).await, [r#"{"id":"a","n":2}"#]);
    }
}

/// What a program's queries use of the table they use through the view.
#[tokio::test]
async fn a_view_is_read_as_its_table_is() {
    let file = TestFile::create();
    let store = made(&file).await;
    store.promote("sums", 2, &[Promotion::new(SERVING, SECOND)]).await.unwrap();
    let options = SqliteConnectOptions::new().filename(file.path());
    let mut own = SqliteConnection::connect_with(&options).await.unwrap();
    let index = "CREATE INDEX by_n ON sums_second (n)";
    sqlx::raw_sql(index).execute(&mut own).await.unwrap();
    let plan = "EXPLAIN QUERY PLAN SELECT id FROM sums WHERE n = 3";
    let plan: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(plan).fetch_all(&mut own).await.unwrap();
    assert!(plan.iter().any(|(.., step)| step.contains("by_n")), "{plan:?}");
}
