//! Handlers with SQL of their own, in the transaction of a batch or of an append.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use es_core::ExpectedVersion::NoStream;
use es_core::prelude::*;
use es_core::{
    AppendError, Batch, BoxFuture, FromBatch as _, InlineError, InlineProjections,
    InlineStore as _, Position, StoreError, Table,
};
use es_sqlite::{SqliteConfig, SqliteContext, SqliteStore};
use es_tests::TestFile;
use es_tests::log::{entry, stream};
use sqlx::{Connection as _, SqliteConnection};

/// Notes every event in a table of its own; does something else at one position if told to.
#[derive(Clone, Default)]
struct Notes {
    at: Arc<AtomicU64>,
    statement: &'static str,
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
            let mut cx = SqliteContext::from_batch(batch)?;
            let stream = cx.stream_id().to_string();
            let position = event.position.get();
            sqlx::query("INSERT INTO notes (position, stream) VALUES (?, ?)")
                .bind(position.cast_signed())
                .bind(stream)
                .execute(cx.connection().await?)
                .await
                .map_err(ProjectionError::handler)?;
            if position != self.at.load(Ordering::Relaxed) {
                return Ok(());
            }
            if self.statement.is_empty() {
                return Err(ProjectionError::handler("told to fail"));
            }
            let connection = cx.connection().await?;
            // Whatever comes of it: a handler may overlook that.
            let _ = sqlx::raw_sql(self.statement).execute(connection).await;
            Ok(())
        })
    }
}

async fn made(file: &TestFile) -> SqliteStore {
    let store = file.store().await;
    let mut connection = stranger(file).await;
    sqlx::raw_sql("CREATE TABLE notes (position INTEGER NOT NULL UNIQUE, stream TEXT)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    store
}

async fn stranger(file: &TestFile) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite:{}", file.path().display())).await.unwrap()
}

async fn notes(store: &SqliteStore) -> Vec<i64> {
    let all = sqlx::query_scalar("SELECT position FROM notes ORDER BY position");
    all.fetch_all(store.pool()).await.unwrap()
}

async fn checkpoint(store: &SqliteStore) -> Option<i64> {
    let position = sqlx::query_scalar("SELECT position FROM es_checkpoints");
    position.fetch_optional(store.pool()).await.unwrap()
}

#[tokio::test]
async fn an_error_at_the_second_event_rolls_the_whole_batch_back() {
    let file = TestFile::create();
    let store = made(&file).await;
    store.append(entry(&stream(), NoStream, 3)).await.unwrap();
    let notes_of = Notes { at: Arc::new(AtomicU64::new(2)), statement: "" };
    let mut projector = Projector::new(store.clone(), notes_of.clone());
    let failed = projector.catch_up().await;
    assert!(matches!(failed, Err(ProjectionError::Handler(_))), "{failed:?}");
    assert_eq!((notes(&store).await, checkpoint(&store).await), (vec![], None));
    notes_of.at.store(0, Ordering::Relaxed);
    assert_eq!(projector.catch_up().await.unwrap().events, 3);
    assert_eq!((notes(&store).await, checkpoint(&store).await), (vec![1, 2, 3], Some(3)));
}

/// A handler that ends the transaction stores nothing by that, and is told so; whoever comes next is not disturbed.
#[tokio::test]
async fn a_handler_cannot_end_its_transaction() {
    for statement in ["COMMIT", "ROLLBACK", "ROLLBACK; BEGIN; DELETE FROM notes; COMMIT", "END"] {
        let file = TestFile::create();
        let store = made(&file).await;
        store.append(entry(&stream(), NoStream, 3)).await.unwrap();
        let notes_of = Notes { at: Arc::new(AtomicU64::new(2)), statement };
        let mut projector = Projector::new(store.clone(), notes_of.clone());
        match projector.catch_up().await {
            Err(ProjectionError::Store(StoreError::Other(cause))) => {
                assert!(cause.to_string().contains("ended the transaction"), "{cause}");
            }
            answer => panic!("{statement}: {answer:?}"),
        }
        assert_eq!((notes(&store).await, checkpoint(&store).await), (vec![], None), "{statement}");

        let projections = InlineProjections::new()
            .with(Notes { at: Arc::new(AtomicU64::new(6)), ..notes_of.clone() });
        match store.append_inline(entry(&stream(), NoStream, 3), &projections).await {
            Err(InlineError::Append(AppendError::Store(StoreError::Other(_)))) => {}
            answer => panic!("{statement}: {answer:?}"),
        }
        assert_eq!(store.settled().await.unwrap(), Position::new(3), "{statement}");
        assert_eq!(notes(&store).await, [] as [i64; 0], "{statement}");

        notes_of.at.store(0, Ordering::Relaxed);
        assert_eq!(projector.catch_up().await.unwrap().events, 3, "{statement}");
        let quiet = InlineProjections::new().with(Notes::default());
        store.append_inline(entry(&stream(), NoStream, 1), &quiet).await.unwrap();
        assert_eq!(notes(&store).await, [1, 2, 3, 4], "{statement}");
    }
}

/// What `ReadModels` have written before the connection is asked for is there, and what they write later is too.
#[tokio::test]
async fn rows_that_were_written_before_are_found_on_the_connection() {
    let file = TestFile::create();
    let store = made(&file).await;
    store.ensure_read_model::<Mixed>().await.unwrap();
    store.append(entry(&stream(), NoStream, 3)).await.unwrap();
    let mut projector = Projector::new(store.clone(), Mixes::default());
    projector.catch_up().await.unwrap();
    assert_eq!(projector.projection().counts, [1, 2, 3], "seen on the connection");
    assert_eq!(store.rows::<Mixed>().await.unwrap(), [1, 2, 3].map(|id| Mixed { id, n: 10 }));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "mixed")]
struct Mixed {
    #[read_model(id)]
    id: i64,
    n: i64,
}

/// Counts its rows by SQL of its own.
#[derive(Default)]
struct Mixes {
    counts: Vec<i64>,
}

impl Projection for Mixes {
    const NAME: &'static str = "mixes";
    const READ_MODELS: &'static [&'static Table] = &[Mixed::TABLE];
    const SUBSCRIBED_TO: &'static [&'static str] = &["noted"];

    fn handle<'a>(
        &'a mut self,
        event: &'a StoredEvent,
        batch: &'a mut Batch<'_>,
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            let id = event.position.get().cast_signed();
            let mut models = ReadModels::from_batch(batch)?;
            models.rows().save(Mixed { id, n: 1 }).await?;
            // Has it written.
            let found = models.rows::<Mixed>().find(RowQuery::all()).await?;
            assert_eq!(found.len(), usize::try_from(id).unwrap());
            let mut cx = SqliteContext::from_batch(batch)?;
            let count = sqlx::query_scalar("SELECT count(*) FROM mixed WHERE n IN (1, 10)");
            let count = count.fetch_one(cx.connection().await?).await;
            self.counts.push(count.map_err(ProjectionError::handler)?);
            let mut models = ReadModels::from_batch(batch)?;
            models.rows().update(&id, |row: &mut Mixed| row.n = 10).await?;
            Ok(())
        })
    }
}

#[tokio::test]
async fn another_store_has_no_sqlite_context() {
    let store = MemoryStore::new();
    store.append(entry(&stream(), NoStream, 1)).await.unwrap();
    let failed = Projector::new(store, Notes::default()).catch_up().await;
    assert!(matches!(failed, Err(ProjectionError::Context { .. })), "{failed:?}");
}

/// Whoever has the connection is the only one who writes, until his batch is over.
#[tokio::test]
async fn an_append_waits_for_a_batch_that_has_the_connection() {
    let file = TestFile::create();
    drop(made(&file).await);
    let patience = SqliteConfig::new().patience(Duration::from_millis(300));
    let store = file.store_with(patience).await;
    store.append(entry(&stream(), NoStream, 1)).await.unwrap();
    let projections = InlineProjections::new().with(Waits { store: store.clone() });
    let waited = store.append_inline(entry(&stream(), NoStream, 1), &projections).await;
    match waited {
        Err(InlineError::Projection {
            cause: ProjectionError::Store(StoreError::Unavailable(_)),
            ..
        }) => {}
        answer => panic!("a handler that waits for itself is told so: {answer:?}"),
    }
    store.append(entry(&stream(), NoStream, 1)).await.unwrap();
    assert_eq!(store.settled().await.unwrap(), Position::new(2));
}

/// Appends from within an append.
#[derive(Clone)]
struct Waits {
    store: SqliteStore,
}

impl Projection for Waits {
    const NAME: &'static str = "waits";
    const SUBSCRIBED_TO: &'static [&'static str] = &["noted"];

    fn handle<'a>(
        &'a mut self,
        _: &'a StoredEvent,
        _: &'a mut Batch<'_>,
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            let appended = self.store.append(entry(&stream(), NoStream, 1)).await;
            appended.map(drop).map_err(|error| match error {
                AppendError::Store(error) => error.into(),
                error => ProjectionError::handler(error),
            })
        })
    }
}
