//! Each work at its least on SQLite.

mod read;
mod tables;
mod write;

use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::mpsc;
use work::{Account, AccountEvent, PastEvent, Result, Setup, Subject, Tally, Unsupported};

use crate::batch::{self, Deposit};
use crate::event::Row;
use crate::versions::Versions;

/// How long a connection waits for another one that writes.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(crate) struct Floor {
    pool: SqlitePool,
    setup: Setup,
    versions: Versions,
    writer: Option<mpsc::UnboundedSender<Deposit>>,
}

impl Subject for Floor {
    async fn connect(setup: Setup) -> Result<Self> {
        if setup.snapshots {
            return Unsupported::outcome();
        }
        let options = SqliteConnectOptions::new()
            .filename(setup.path()?)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE);
        let batched = setup.warm && setup.callers > 1;
        // There is one writer at a time anyway.
        let connections = if batched { 1 } else { setup.connections(10) };
        let pool = SqlitePoolOptions::new()
            .max_connections(connections)
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        tables::make(&pool).await?;
        let writer = batched.then(|| batch::start(&pool, connections, write::many));
        Ok(Self { pool, setup, versions: Versions::default(), writer })
    }

    async fn open(&self, account: uuid::Uuid) -> Result<()> {
        self.versions.set(account, 1);
        write::one(&self.pool, Row::new(account, 1, &AccountEvent::opened())).await
    }

    async fn deposit(&self, account: uuid::Uuid, cents: u64, reference: String) -> Result<()> {
        let event = AccountEvent::Deposited { cents, reference };
        if self.setup.warm {
            let row = Row::new(account, self.versions.next(account), &event);
            return match &self.writer {
                Some(writer) => batch::deposit(writer, row).await,
                None => write::one(&self.pool, row).await,
            };
        }
        if self.setup.callers == 1 {
            let version = read::stream(&self.pool, account).await?.0 + 1;
            return write::one(&self.pool, Row::new(account, version, &event)).await;
        }
        // With the write lock from the beginning, as who only reads at first may find later that somebody else has written.
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let version = read::stream(&mut *transaction, account).await?.0 + 1;
        write::one(&mut *transaction, Row::new(account, version, &event)).await?;
        Ok(transaction.commit().await?)
    }

    async fn load(&self, account: uuid::Uuid) -> Result<Account> {
        Ok(read::stream(&self.pool, account).await?.1)
    }

    async fn seed(&self, events: Vec<PastEvent>) -> Result<()> {
        let row =
            |(account, version, event): PastEvent| Row::new(account, version.cast_signed(), &event);
        write::many(self.pool.clone(), events.into_iter().map(row).collect()).await
    }

    async fn replay(&self) -> Result<Tally> {
        read::log(&self.pool).await
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
