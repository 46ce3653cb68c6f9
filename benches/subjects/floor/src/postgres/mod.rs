//! Each work at its least on PostgreSQL.

mod copy;
mod read;
mod tables;
mod write;

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::sync::mpsc;
use work::{Account, AccountEvent, Histories, PastEvent, Result, Setup, Subject, Tally};

use crate::batch::{self, Deposit};
use crate::event::Row;
use crate::versions::Versions;

/// Statements that many callers share go out on so many connections.
const WRITERS: u32 = 2;

/// Rows that a COPY sends at a time.
const CHUNK: usize = 2_000;

#[derive(Clone)]
pub(crate) struct Floor {
    pool: PgPool,
    warm: bool,
    versions: Versions,
    writer: Option<mpsc::UnboundedSender<Deposit>>,
}

impl Subject for Floor {
    async fn connect(setup: Setup) -> Result<Self> {
        // What is between loading an older state and the events after it is no question of the least SQL.
        if setup.snapshots {
            return work::Unsupported::outcome();
        }
        tables::make(&setup.url).await?;
        let batched = setup.warm && setup.callers > 1;
        let connections = if batched { WRITERS } else { setup.connections(10) };
        let options = PgPoolOptions::new().max_connections(connections).test_before_acquire(false);
        // As in es: a statement on arrays is else planned anew each time.
        let connect = setup.url.parse::<sqlx::postgres::PgConnectOptions>()?;
        let connect = connect.options([("plan_cache_mode", "force_generic_plan")]);
        let pool = options.connect_with(connect).await?;
        let writer = batched.then(|| batch::start(&pool, WRITERS, write::many));
        Ok(Self { pool, warm: setup.warm, versions: Versions::default(), writer })
    }

    async fn open(&self, account: uuid::Uuid) -> Result<()> {
        self.versions.set(account, 1);
        write::many(self.pool.clone(), vec![Row::new(account, 1, &AccountEvent::opened())]).await
    }

    async fn deposit(&self, account: uuid::Uuid, cents: u64, reference: String) -> Result<()> {
        let version = if self.warm {
            self.versions.next(account)
        } else {
            read::stream(&self.pool, account).await?.0 + 1
        };
        let row = Row::new(account, version, &AccountEvent::Deposited { cents, reference });
        match &self.writer {
            Some(writer) => batch::deposit(writer, row).await,
            None => write::one(&self.pool, &row).await,
        }
    }

    async fn load(&self, account: uuid::Uuid) -> Result<Account> {
        Ok(read::stream(&self.pool, account).await?.1)
    }

    async fn seed(&self, events: Vec<PastEvent>) -> Result<()> {
        copy::events(&self.pool, std::iter::once(events)).await
    }

    async fn replay(&self) -> Result<Tally> {
        read::log(&self.pool).await
    }

    async fn replay_into_table(&self) -> Result<Account> {
        read::log_into_table(&self.pool).await
    }

    async fn import(&self, histories: Histories) -> Result<()> {
        copy::events(&self.pool, histories.chunks(CHUNK)).await
    }
}
