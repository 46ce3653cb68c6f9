//! Projections on PostgreSQL: a batch is one transaction, with the checkpoint and the handler's own SQL in it.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use es_core::ExpectedVersion::NoStream;
use es_core::{
    Batch, BoxFuture, Checkpoint, Column, EventStore as _, FromBatch as _, MemoryStore, Position,
    Projection, ProjectionBatch as _, ProjectionError, ProjectionStore, Projector, RowChange,
    RowSelection, StoreError, StoredEvent, Table,
};
use es_postgres::{PgContext, PgStore};
use es_tests::TestDatabase;
use es_tests::log::{entry, stream};
use sqlx::Connection as _;

/// Notes every event in a table of its own, with SQL of its own; fails at one position if told to.
#[derive(Clone, Default)]
struct Notes {
    fails_at: Arc<AtomicU64>,
}

impl Projection for Notes {
    const NAME: &'static str = "notes";
    const SUBSCRIBED_TO: &'static [&'static str] = &["noted"];

    fn handle<'a>(
        &'a mut self,
        event: &'a StoredEvent,
        batch: &'a mut Batch<'_>,
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            let mut cx = PgContext::from_batch(batch)?;
            let (stream, version) = (cx.stream_id(), cx.event().version.get().cast_signed());
            sqlx::query("INSERT INTO notes (position, stream, version) VALUES ($1, $2, $3)")
                .bind(event.position.get().cast_signed())
                .bind(stream)
                .bind(version)
                .execute(cx.connection())
                .await
                .map_err(ProjectionError::handler)?;
            if event.position.get() == self.fails_at.load(Ordering::Relaxed) {
                return Err(ProjectionError::handler("told to fail"));
            }
            Ok(())
        })
    }
}

async fn made(database: &TestDatabase) -> PgStore {
    let store = database.store().await;
    sqlx::raw_sql("CREATE TABLE notes (position bigint PRIMARY KEY, stream uuid, version bigint)")
        .execute(store.pool())
        .await
        .unwrap();
    store
}

async fn notes(store: &PgStore) -> Vec<i64> {
    let all = sqlx::query_scalar("SELECT position FROM notes ORDER BY position");
    all.fetch_all(store.pool()).await.unwrap()
}

async fn checkpoint(store: &PgStore) -> Option<(i64, Option<uuid::Uuid>)> {
    let row = sqlx::query_as("SELECT position, event_id FROM es.checkpoints");
    row.fetch_optional(store.pool()).await.unwrap()
}

#[tokio::test]
async fn an_error_at_the_second_event_rolls_the_whole_batch_back() {
    let database = TestDatabase::create().await;
    let store = made(&database).await;
    let entry = entry(&stream(), NoStream, 3);
    let last = entry.events[2].id.as_uuid();
    store.append(entry).await.unwrap();
    let fails_at = Arc::new(AtomicU64::new(2));
    let mut projector = Projector::new(store.clone(), Notes { fails_at: fails_at.clone() });
    let failed = projector.catch_up().await;
    assert!(matches!(failed, Err(ProjectionError::Handler(_))), "{failed:?}");
    assert_eq!(notes(&store).await, [] as [i64; 0], "the first event's row is gone too");
    assert_eq!(checkpoint(&store).await, None);

    fails_at.store(0, Ordering::Relaxed);
    assert_eq!(projector.catch_up().await.unwrap().events, 3);
    assert_eq!(notes(&store).await, [1, 2, 3]);
    assert_eq!(checkpoint(&store).await, Some((3, Some(last))));
}

#[tokio::test]
async fn a_statement_that_fails_in_a_handler_stores_nothing() {
    let database = TestDatabase::create().await;
    let store = made(&database).await;
    store.append(entry(&stream(), NoStream, 2)).await.unwrap();
    sqlx::raw_sql("INSERT INTO notes VALUES (2)").execute(store.pool()).await.unwrap();
    let failed = Projector::new(store.clone(), Notes::default()).catch_up().await;
    assert!(matches!(failed, Err(ProjectionError::Handler(_))), "{failed:?}");
    assert_eq!((notes(&store).await, checkpoint(&store).await), (vec![2], None));
}

#[tokio::test]
async fn a_failed_statement_that_was_overlooked_cannot_be_committed() {
    const COLUMNS: &[Column] = &[Column::of::<i64>("position")];
    const TABLE: &Table = &Table::new("overlooked", "position", COLUMNS);
    let database = TestDatabase::create().await;
    let store = made(&database).await;
    store.ensure_table(TABLE).await.unwrap();
    let mut batch = store.begin("overlooked", 1).await.unwrap();
    let row = |position: Option<i64>| {
        let row = serde_json::json!({ "position": 1 });
        let mut row = RowChange::new(TABLE, &row, chrono::Utc::now()).unwrap();
        row.cells = vec![position.into()];
        [row]
    };
    batch.backend().upsert(TABLE, &row(Some(1))).await.unwrap();
    batch.backend().upsert(TABLE, &row(None)).await.unwrap_err();
    batch.commit(Checkpoint::new(Position::new(1), None)).await.unwrap_err();
    let rows = store.read_rows(TABLE, RowSelection::All).await.unwrap();
    assert_eq!((rows.len(), checkpoint(&store).await), (0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_handle_each_event_once() {
    let database = TestDatabase::create().await;
    let store = made(&database).await;
    for _ in 0..10 {
        store.append(entry(&stream(), NoStream, 3)).await.unwrap();
    }
    let worker = |store: PgStore| {
        tokio::spawn(async move {
            Projector::new(store, Notes::default()).batch_size(2).catch_up().await
        })
    };
    let (one, two) = (worker(store.clone()), worker(database.store().await));
    let handled = one.await.unwrap().unwrap().events + two.await.unwrap().unwrap().events;
    assert_eq!(handled, 30);
    assert_eq!(notes(&store).await, (1..=30).collect::<Vec<_>>());
}

#[tokio::test]
async fn another_store_has_no_pg_context() {
    let store = MemoryStore::new();
    store.append(entry(&stream(), NoStream, 1)).await.unwrap();
    let failed = Projector::new(store, Notes::default()).catch_up().await;
    assert!(matches!(failed, Err(ProjectionError::Context { .. })), "{failed:?}");
}

#[tokio::test]
async fn a_checkpoint_of_another_log_is_refused() {
    let database = TestDatabase::create().await;
    let store = made(&database).await;
    store.append(entry(&stream(), NoStream, 1)).await.unwrap();
    Projector::new(store.clone(), Notes::default()).catch_up().await.unwrap();
    sqlx::raw_sql("UPDATE es.store SET store_id = gen_random_uuid()")
        .execute(store.pool())
        .await
        .unwrap();
    match store.begin("notes", 1).await {
        Err(StoreError::ForeignCheckpoint { projection, .. }) => {
            assert_eq!(projection.name, "notes");
        }
        answer => panic!("{answer:?}"),
    }
    assert_eq!(store.begin("others", 1).await.unwrap().checkpoint(), Checkpoint::default());
}

/// A worker that is stopped in the middle of its batch keeps nobody from doing its work.
#[tokio::test]
async fn an_open_batch_locks_no_checkpoint() {
    let database = TestDatabase::create().await;
    let store = made(&database).await;
    let checkpoint = |position| Checkpoint::new(Position::new(position), None);
    for (from, to) in [(0, 3), (3, 7)] {
        let stopped = store.begin("shared", 1).await.unwrap();
        let other = store.begin("shared", 1).await.unwrap();
        assert_eq!(other.checkpoint(), checkpoint(from));
        other.commit(checkpoint(to)).await.unwrap();
        let late = stopped.commit(checkpoint(to)).await;
        assert!(matches!(late, Err(StoreError::CheckpointMoved { .. })), "{late:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_may_make_the_same_table_at_once() {
    const COLUMNS: &[Column] = &[Column::of::<String>("id"), Column::of::<Option<i64>>("n")];
    const TABLE: &Table = &Table::new("sums", "id", COLUMNS);
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let makers = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.ensure_table(TABLE).await })
    });
    for made in futures_util::future::join_all(makers).await {
        made.unwrap().unwrap();
    }
    assert_eq!(store.read_rows(TABLE, RowSelection::All).await.unwrap(), []);
}

#[tokio::test]
async fn a_table_that_sorts_otherwise_or_has_no_key_differs() {
    const COLUMNS: &[Column] = &[Column::of::<String>("id"), Column::of::<i64>("n")];
    const TABLE: &Table = &Table::new("sums", "id", COLUMNS);
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let mut connection = database.connect().await;
    for (made, named) in [
        ("CREATE TABLE sums (id text PRIMARY KEY, n bigint NOT NULL)", "`id` is text"),
        (r#"CREATE TABLE sums (id text COLLATE "C" NOT NULL, n bigint NOT NULL)"#, "primary key"),
        (
            r#"CREATE TABLE sums (id text COLLATE "C", n bigint, PRIMARY KEY (id, n))"#,
            "primary key",
        ),
        (r#"CREATE TABLE sums (id text COLLATE "C" PRIMARY KEY, n int NOT NULL)"#, "integer"),
    ] {
        let mut transaction = connection.begin().await.unwrap();
        sqlx::raw_sql("DROP TABLE IF EXISTS sums").execute(&mut *transaction).await.unwrap();
        sqlx::raw_sql(made).execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
        match store.ensure_table(TABLE).await {
            Err(StoreError::TableDiffers { table: "sums", difference }) => {
                assert!(difference.contains(named), "{made}: {difference}");
            }
            answer => panic!("{made}: {answer:?}"),
        }
    }
}
