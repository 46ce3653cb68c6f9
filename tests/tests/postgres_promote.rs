//! Which version of a projection serves: names that readers know become views, while they read.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use es_core::{
    BatchStart, Checkpoint, Column, LeaseRequest, Position, ProjectionBatch as _, ProjectionPart,
    ProjectionStore as _, Promotion, RowChange, RowSelection, StoreError, SubscriptionStore as _,
    Table,
};
use es_postgres::PgStore;
use es_tests::TestDatabase;
use futures_util::future::join_all;
use uuid::Uuid;

const COLUMNS: &[Column] = &[Column::of::<String>("id"), Column::of::<i64>("n")];
const MORE: &[Column] =
    &[Column::of::<String>("id"), Column::of::<Option<i64>>("added"), Column::of::<i64>("n")];
const SERVING: &Table = &Table::new("sums", "id", COLUMNS);
const SECOND: &Table = &Table::new("sums_second", "id", COLUMNS);
const THIRD: &Table = &Table::new("sums_third", "id", MORE);

/// Three tables, each with one row that tells them apart.
async fn made(database: &TestDatabase) -> PgStore {
    let store = database.store().await;
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

async fn rows(store: &PgStore, table: &'static Table) -> Vec<String> {
    let found = store.read_rows(table, RowSelection::All).await.unwrap();
    found.into_iter().map(|row| row.json).collect()
}

fn row(table: &'static Table, id: &str, n: i64) -> RowChange {
    let row = serde_json::json!({ "id": id, "n": n });
    RowChange::new(table, &row, chrono::Utc::now()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_the_old_or_the_new_table() {
    let database = TestDatabase::create().await;
    let store = made(&database).await;
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (store, done) = (store.clone(), done.clone());
            tokio::spawn(async move {
                let mut seen = [0_usize; 4];
                while !done.load(Ordering::Relaxed) {
                    let found = rows(&store, SERVING).await;
                    let own: Vec<i64> = sqlx::query_scalar("SELECT n FROM sums")
                        .fetch_all(store.pool())
                        .await
                        .unwrap();
                    assert!((1..=3).contains(&own[0]) && own.len() == 1, "{own:?}");
                    let n = found[0].chars().rfind(char::is_ascii_digit).unwrap();
                    seen[n.to_digit(10).unwrap() as usize] += 1;
                    assert_eq!(found.len(), 1, "{found:?}");
                }
                seen
            })
        })
        .collect();
    for version in 2..30 {
        let built = if version % 2 == 0 { SECOND } else { THIRD };
        // Many promote at once; all but one find it done.
        let promotions = [Promotion::new(SERVING, built)];
        let all = (0..3).map(|_| store.promote("sums", version, &promotions));
        for promoted in join_all(all).await {
            promoted.unwrap();
        }
    }
    done.store(true, Ordering::Relaxed);
    for reader in join_all(readers).await {
        let seen = reader.unwrap();
        assert!(seen[2] > 0 && seen[3] > 0, "{seen:?}");
    }
}

/// An old process may go on for a while: what it writes to the name would now end in the new version's table.
#[tokio::test]
async fn an_old_process_that_writes_into_the_view_commits_nothing() {
    let database = TestDatabase::create().await;
    let store = made(&database).await;
    let hour = Duration::from_hours(1);
    let request = LeaseRequest::new("old", 1, 1, Uuid::now_v7(), hour);
    let lease = store.lease(request).await.unwrap().held[0];
    let part = ProjectionPart::whole("old", 1);
    let start = BatchStart::new(part, Checkpoint::default(), Some(lease.epoch));
    let mut leased = store.begin_batch(start).await.unwrap();
    let mut without = store.begin("old", 1).await.unwrap();
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

#[tokio::test]
async fn who_might_read_the_table_may_read_the_view() {
    let database = TestDatabase::create().await;
    let store = made(&database).await;
    sqlx::raw_sql("GRANT SELECT ON sums TO PUBLIC").execute(store.pool()).await.unwrap();
    for (version, built) in [(2, SECOND), (3, THIRD), (4, SECOND)] {
        store.promote("sums", version, &[Promotion::new(SERVING, built)]).await.unwrap();
        let granted: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM pg_class, aclexplode(relacl)
             WHERE oid = 'sums'::regclass AND grantee = 0 AND privilege_type = 'SELECT')",
        )
        .fetch_one(store.pool())
        .await
        .unwrap();
        assert!(granted, "version {version}");
    }
}

/// To promote what serves already locks nothing, unless the table has got columns that the view lacks.
#[tokio::test]
async fn promoting_again_shows_columns_that_were_added() {
    const LATER: &Table = &Table::new("sums", "id", MORE);
    const ADDED: &Table = &Table::new("sums_second", "id", MORE);
    let database = TestDatabase::create().await;
    let store = made(&database).await;
    store.promote("sums", 2, &[Promotion::new(SERVING, SECOND)]).await.unwrap();
    store.ensure_table(ADDED).await.unwrap();
    store.read_rows(LATER, RowSelection::All).await.unwrap_err();
    let promotions = [Promotion::new(LATER, ADDED)];
    store.promote("sums", 2, &promotions).await.unwrap();
    assert_eq!(rows(&store, LATER).await, [r#"{"id":"a","added":null,"n":2}"#]);

    let mut reader = store.transaction().await.unwrap();
    sqlx::raw_sql("SELECT FROM sums").execute(&mut *reader).await.unwrap();
    store.promote("sums", 2, &promotions).await.unwrap();
}

/// Whoever waits to rename a table keeps its readers waiting, so it gives up soon.
#[tokio::test]
async fn a_promotion_does_not_wait_for_long() {
    let database = TestDatabase::create().await;
    let store = made(&database).await;
    let mut open = store.begin("open", 1).await.unwrap();
    open.backend().upsert(SERVING, &[row(SERVING, "b", 1)]).await.unwrap();
    let began = Instant::now();
    let promotions = [Promotion::new(SERVING, SECOND)];
    let error = store.promote("sums", 2, &promotions).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(rows(&store, SERVING).await, [r#"{"id":"a","n":1}"#], "nothing has changed");
    open.commit(at(1)).await.unwrap();
    store.promote("sums", 2, &promotions).await.unwrap();
    assert_eq!(rows(&store, SERVING).await, [r#"{"id":"a","n":2}"#]);
}
