//! Handlers with SQL of their own, and transactions that meet, on PostgreSQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use es_core::{AppendError, SaveError, prelude::*};
use es_postgres::{PgContext, PgStore};
use es_tests::TestDatabase;
use es_tests::log::until;
use tokio::sync::{Barrier, Notify};

use crate::days::{Refunded, Revenue, Sale, Sold, add, revenue, stored};

/// Does what a statement of its own says, once, at the first event.
#[derive(Clone)]
struct Statement {
    sql: &'static str,
    ignores_errors: bool,
}

#[projection(name = "statement")]
impl Statement {
    #[handles(Sold)]
    async fn sold(&self, _: &Sold, cx: &mut PgContext<'_>) -> Result<(), ProjectionError> {
        let done = sqlx::query(self.sql).execute(cx.connection()).await;
        if self.ignores_errors {
            return Ok(());
        }
        done.map(drop).map_err(ProjectionError::handler)
    }
}

async fn sell_with(store: &PgStore, statement: Statement) -> Result<(), SaveError> {
    let repo = Repository::<Sale, _>::new(store.clone()).with_inline(statement);
    repo.create(Uuid::now_v7(), Sold { day: 1, cents: 1 }).await.map(drop)
}

#[tokio::test]
async fn a_handlers_own_sql_is_in_the_transaction() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    sqlx::raw_sql("CREATE TABLE sold (n bigint)").execute(store.pool()).await.unwrap();
    let sql = "INSERT INTO sold SELECT max(position) FROM es.events";
    sell_with(&store, Statement { sql, ignores_errors: false }).await.unwrap();
    let found: Vec<i64> =
        sqlx::query_scalar("SELECT n FROM sold").fetch_all(store.pool()).await.unwrap();
    assert_eq!(found, [1], "it sees the event");
}

/// The server answers such a COMMIT with a rollback, which is no error.
#[tokio::test]
async fn a_failed_statement_that_the_handler_ignores_is_not_acknowledged() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let sql = "SELECT 1 / 0";
    let failed = sell_with(&store, Statement { sql, ignores_errors: true }).await.unwrap_err();
    assert!(matches!(failed, SaveError::Append(AppendError::Store(_))), "{failed:?}");
    assert_eq!(stored(&store).await, 0);
}

#[tokio::test]
async fn a_transaction_that_the_handler_has_ended_is_not_acknowledged() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let sql = "ROLLBACK";
    let failed = sell_with(&store, Statement { sql, ignores_errors: false }).await.unwrap_err();
    assert!(matches!(failed, SaveError::Append(AppendError::Store(_))), "{failed:?}");
    assert_eq!(stored(&store).await, 0);
}

#[tokio::test]
async fn a_commit_that_is_refused_stores_nothing() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let table = "CREATE TABLE sold (n bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)";
    sqlx::raw_sql(table).execute(store.pool()).await.unwrap();
    let sql = "INSERT INTO sold VALUES (1), (1)";
    let failed = sell_with(&store, Statement { sql, ignores_errors: false }).await.unwrap_err();
    assert!(matches!(failed, SaveError::Append(AppendError::Store(_))), "{failed:?}");
    assert_eq!(stored(&store).await, 0);
}

#[tokio::test]
async fn a_session_that_ends_under_a_handler_is_a_failure_that_may_pass() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let sql = "SELECT pg_terminate_backend(pg_backend_pid())";
    let failed = sell_with(&store, Statement { sql, ignores_errors: false }).await.unwrap_err();
    assert!(failed.is_transient(), "{failed:?}");
    assert!(matches!(failed, SaveError::Inline { .. }), "{failed:?}");
    assert_eq!(stored(&store).await, 0);
}

/// Changes the rows of two days, those who sell in one order, those who refund in the other. The first two meet between
/// their days.
#[derive(Clone)]
struct Crossing {
    meeting: Arc<Barrier>,
    runs: Arc<AtomicUsize>,
}

impl Crossing {
    async fn cross(&self, days: [i64; 2], db: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        let run = self.runs.fetch_add(1, Ordering::SeqCst);
        add(db, days[0], 1).await?;
        if run < 2 {
            self.meeting.wait().await;
        }
        add(db, days[1], 1).await
    }
}

#[projection(name = "crossing", read_models(Revenue))]
impl Crossing {
    #[handles(Sold)]
    async fn sold(&self, _: &Sold, db: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        self.cross([1, 2], db).await
    }

    #[handles(Refunded)]
    async fn refunded(&self, _: &Refunded, db: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        self.cross([2, 1], db).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_run_again() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    store.ensure_read_model::<Revenue>().await.unwrap();
    let (meeting, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
    let crossing = Crossing { meeting, runs: runs.clone() };
    let repo = Repository::<Sale, _>::new(store.clone()).with_inline(crossing);
    let both = async {
        tokio::join!(
            repo.create(Uuid::now_v7(), Sold { day: 0, cents: 0 }),
            repo.create(Uuid::now_v7(), Refunded { day: 0, cents: 0 }),
        )
    };
    let (one, other) = tokio::time::timeout(Duration::from_mins(1), both).await.unwrap();
    one.unwrap();
    other.unwrap();
    assert!(runs.load(Ordering::SeqCst) > 2, "one of them was ended by the server");
    assert_eq!((revenue(&store, 1).await, revenue(&store, 2).await), (Some(2), Some(2)));
}

/// Adds to a day, and lets others try to come between reading and writing; on a refund, writes without having read.
#[derive(Clone)]
struct Between {
    read: Arc<Notify>,
    goes_on: Arc<Notify>,
}

#[projection(name = "between", read_models(Revenue))]
impl Between {
    #[handles(Sold)]
    async fn sold(&self, event: &Sold, db: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        add(db, event.day, event.cents).await?;
        self.read.notify_one();
        self.goes_on.notified().await;
        Ok(())
    }

    #[handles(Refunded)]
    async fn refunded(
        &self,
        event: &Refunded,
        db: &mut ReadModels<'_>,
    ) -> Result<(), ProjectionError> {
        db.rows().save(Revenue { day: event.day, cents: event.cents }).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_written_unread_comes_after_who_has_read_it() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    store.ensure_read_model::<Revenue>().await.unwrap();
    let (read, goes_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let between = Between { read: read.clone(), goes_on: goes_on.clone() };
    let repo = Repository::<Sale, _>::new(store.clone()).with_inline(between);
    let others = async {
        read.notified().await;
        let write = repo.create(Uuid::now_v7(), Refunded { day: 1, cents: 7 });
        let release = async {
            let waits = || async {
                let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
                               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
                let waiting: i64 =
                    sqlx::query_scalar(waiting).fetch_one(store.pool()).await.unwrap();
                waiting == 1
            };
            until("the writer waits", waits).await;
            goes_on.notify_one();
        };
        tokio::join!(write, release).0
    };
    let (sold, refunded) =
        tokio::join!(repo.create(Uuid::now_v7(), Sold { day: 1, cents: 1 }), others);
    sold.unwrap();
    refunded.unwrap();
    assert_eq!(revenue(&store, 1).await, Some(7));
}
