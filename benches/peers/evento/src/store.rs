//! The stores that it is measured on: evento's own executors, each on a pool as its README sets it up.

use std::time::Duration;

use evento::Executor;
use evento::migrator::{Migrate as _, Plan};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};
use work::{Result, Setup};

/// How long a connection waits for another one that writes.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) trait Store: Clone + Send + Sync + Sized + 'static {
    type Executor: Executor + Clone;

    fn open(setup: &Setup) -> impl Future<Output = Result<Self>> + Send;

    fn executor(&self) -> &Self::Executor;

    /// Where a table of balances is to be built: on SQLite nobody asks for one.
    fn balances(&self) -> Option<&PgPool> {
        None
    }

    fn close(&self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

#[derive(Clone)]
pub(crate) struct Postgres {
    pool: PgPool,
    executor: evento::Postgres,
}

impl Store for Postgres {
    type Executor = evento::Postgres;

    async fn open(setup: &Setup) -> Result<Self> {
        let options = PgPoolOptions::new().max_connections(setup.connections(10));
        let pool = options.test_before_acquire(false).connect(&setup.url).await?;
        let mut connection = pool.acquire().await?;
        let migrator = evento::sql_migrator::new::<sqlx::Postgres>()?;
        migrator.run(&mut *connection, &Plan::apply_all()).await?;
        drop(connection);
        let balances = "CREATE TABLE IF NOT EXISTS balances \
                        (account uuid PRIMARY KEY, cents bigint NOT NULL, events bigint NOT NULL)";
        sqlx::query(balances).execute(&pool).await?;
        let executor = pool.clone().into();
        Ok(Self { pool, executor })
    }

    fn executor(&self) -> &evento::Postgres {
        &self.executor
    }

    fn balances(&self) -> Option<&PgPool> {
        Some(&self.pool)
    }
}

#[derive(Clone)]
pub(crate) struct Sqlite {
    pool: SqlitePool,
    executor: evento::Sqlite,
}

impl Store for Sqlite {
    type Executor = evento::Sqlite;

    async fn open(setup: &Setup) -> Result<Self> {
        // What it leaves to the user's pool; the same as for everybody here.
        let options = SqliteConnectOptions::new()
            .filename(setup.path()?)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE);
        let pool = SqlitePoolOptions::new().max_connections(setup.connections(10));
        let pool = pool.test_before_acquire(false).connect_with(options).await?;
        let mut connection = pool.acquire().await?;
        let migrator = evento::sql_migrator::new::<sqlx::Sqlite>()?;
        migrator.run(&mut *connection, &Plan::apply_all()).await?;
        drop(connection);
        let executor = pool.clone().into();
        Ok(Self { pool, executor })
    }

    fn executor(&self) -> &evento::Sqlite {
        &self.executor
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
