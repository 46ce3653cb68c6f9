//! Leases on PostgreSQL: what is locked keeps nobody waiting, and a worker that is stopped loses what it holds.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::time::{Duration, Instant};

use es_core::{
    BatchStart, Checkpoint, Column, LeaseRequest, Position, ProjectionBatch as _, ProjectionPart,
    ProjectionStore as _, RowChange, StoreError, SubscriptionStore as _, Table,
};
use es_postgres::{PgConfig, PgStore};
use es_tests::TestDatabase;
use es_tests::log::until;
use sqlx::Connection as _;
use tokio::time::timeout;
use uuid::Uuid;

const COLUMNS: &[Column] = &[Column::of::<String>("id"), Column::of::<i64>("n")];
const TABLE: &Table = &Table::new("sums", "id", COLUMNS);
const HOUR: Duration = Duration::from_hours(1);

/// Far less than anybody who waits for a lock would take.
const SOON: Duration = Duration::from_secs(10);

fn at(position: u64) -> Checkpoint {
    Checkpoint::new(Position::new(position), None)
}

/// What `owner` holds of four parts, by their numbers; refused or late is a failure.
async fn ask(store: &PgStore, owner: Uuid, duration: Duration) -> Vec<u32> {
    let leases = store.lease(LeaseRequest::new("sums", 1, 4, owner, duration));
    let leases = timeout(SOON, leases).await.expect("a lease waits for nobody").unwrap();
    leases.held.iter().map(|lease| lease.part.number()).collect()
}

#[tokio::test]
async fn a_row_that_is_locked_is_passed_over() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let (owner, other) = (Uuid::now_v7(), Uuid::now_v7());
    assert_eq!(ask(&store, owner, HOUR).await, [0, 1, 2, 3]);
    let mut connection = database.connect().await;
    let mut transaction = connection.begin().await.unwrap();
    let lock = "SELECT FROM es.checkpoints WHERE part = 1 FOR UPDATE";
    sqlx::raw_sql(lock).execute(&mut *transaction).await.unwrap();
    assert_eq!(ask(&store, owner, Duration::ZERO).await, [0, 1, 2, 3], "its own batch may commit");
    assert_eq!(ask(&store, other, HOUR).await, [0, 2, 3], "those that ran out and are not locked");
    assert_eq!(ask(&store, owner, HOUR).await, [1], "which it holds from before");
    transaction.rollback().await.unwrap();
    assert_eq!(ask(&store, owner, HOUR).await, [1]);
    assert_eq!(ask(&store, other, HOUR).await, [0, 2, 3]);
}

#[tokio::test]
async fn a_lease_does_not_wait_for_a_reset() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    // Of a projection that never ran, so that the reset is the first to know its parts.
    let reset = store.begin_reset("sums", 1, 4, Checkpoint::default()).await.unwrap();
    let owner = Uuid::now_v7();
    assert_eq!(ask(&store, owner, HOUR).await, [0; 0], "all are locked");
    reset.commit(Checkpoint::default()).await.unwrap();
    assert_eq!(ask(&store, owner, HOUR).await, [0, 1, 2, 3]);
    let reset = store.begin_reset("sums", 1, 4, Checkpoint::default()).await.unwrap();
    assert_eq!(ask(&store, owner, HOUR).await, [0, 1, 2, 3], "until the reset is committed");
    reset.commit(at(1)).await.unwrap();
    assert_eq!(ask(&store, owner, HOUR).await, [0, 1, 2, 3], "taken anew");
}

/// Stopped in the middle of its batch, with rows locked that the next owner has to write.
#[tokio::test]
async fn a_worker_that_is_stopped_loses_its_locks() {
    let database = TestDatabase::create().await;
    let (stopped, next) = (database.store().await, database.store().await);
    stopped.ensure_table(TABLE).await.unwrap();
    let row = serde_json::json!({ "id": "a", "n": 1 });
    let row = [RowChange::new(TABLE, &row, chrono::Utc::now()).unwrap()];
    let limit = Duration::from_millis(200);
    let part = ProjectionPart::whole("sums", 1);
    let start = BatchStart::new(part.clone(), Checkpoint::default(), None).idle_limit(limit);
    let mut open = stopped.begin_batch(start).await.unwrap();
    open.backend().upsert(TABLE, &row).await.unwrap();

    let began = Instant::now();
    let mut other = next.begin("sums", 1).await.unwrap();
    let written = timeout(SOON, other.backend().upsert(TABLE, &row)).await;
    written.expect("the row is free when the limit is over").unwrap();
    assert!(began.elapsed() > limit / 4, "it was locked: {:?}", began.elapsed());
    other.commit(at(1)).await.unwrap();
    let late = open.commit(at(1)).await.unwrap_err();
    assert!(late.is_transient(), "the session was ended: {late:?}");
}

#[tokio::test]
async fn the_limit_is_that_of_the_batch_and_not_of_its_connection() {
    let database = TestDatabase::create().await;
    let store =
        database.store_with(PgConfig::new().max_connections(1).subscription_connections(0)).await;
    let limit = Duration::from_millis(500);
    let part = ProjectionPart::whole("sums", 1);
    let start = BatchStart::new(part, Checkpoint::default(), None).idle_limit(limit);
    store.begin_batch(start).await.unwrap().commit(at(1)).await.unwrap();
    let unlimited = store.begin("sums", 1).await.unwrap();
    tokio::time::sleep(limit * 2).await;
    unlimited.commit(at(2)).await.unwrap();
}

/// The commit is what counts, not when the batch began.
#[tokio::test]
async fn of_two_batches_under_one_lease_one_commits() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let request = LeaseRequest::new("sums", 1, 1, Uuid::now_v7(), HOUR);
    let lease = store.lease(request).await.unwrap().held[0];
    let start = BatchStart::new(ProjectionPart::whole("sums", 1), at(0), Some(lease.epoch));
    let one = store.begin_batch(start.clone()).await.unwrap();
    let two = store.begin_batch(start).await.unwrap();
    two.commit(at(1)).await.unwrap();
    let late = one.commit(at(1)).await;
    assert!(matches!(late, Err(StoreError::CheckpointMoved { .. })), "{late:?}");
}

#[tokio::test]
async fn workers_of_whom_nothing_was_heard_for_a_day_are_forgotten() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let (dead, here) = (Uuid::now_v7(), Uuid::now_v7());
    ask(&store, dead, HOUR).await;
    sqlx::raw_sql("UPDATE es.workers SET seen_until = now() - interval '2 days'")
        .execute(store.pool())
        .await
        .unwrap();
    ask(&store, here, HOUR).await;
    store.leave("sums", 1, Uuid::now_v7()).await.unwrap();
    until("only who is here is on the list", || async {
        let all = sqlx::query_scalar("SELECT owner FROM es.workers");
        let all: Vec<Uuid> = all.fetch_all(store.pool()).await.unwrap();
        all == [here]
    })
    .await;
}
