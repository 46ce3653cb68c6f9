//! Each work, with the means that evento has for it.

use evento::Executor as _;
use evento::migrator::{Migrate as _, Plan};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;
use work::{AccountEvent, Following, PastEvent, Result, Seen, Setup, Subject, Tally};

use crate::account::{Opened, stored};
use crate::{subscriptions, views};

#[derive(Clone)]
pub(crate) struct Evento {
    pool: PgPool,
    executor: evento::Postgres,
    setup: Setup,
}

impl Subject for Evento {
    async fn connect(setup: Setup) -> Result<Self> {
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
        Ok(Self { pool, executor, setup })
    }

    async fn open(&self, account: Uuid) -> Result<()> {
        let AccountEvent::Opened { owner, cents } = AccountEvent::opened() else {
            return Err("an account begins with its opening".into());
        };
        let opened = Opened { owner, cents: cents as i64 };
        evento::append(account.to_string())
            .original_version(0)
            .event(&opened)
            .commit(&self.executor)
            .await?;
        Ok(())
    }

    async fn deposit(&self, account: Uuid, cents: u64, reference: String) -> Result<()> {
        let (id, cents) = (account.to_string(), cents as i64);
        if self.setup.warm {
            views::remembered::deposit(&self.executor, &id, cents, reference).await
        } else {
            views::replayed::deposit(&self.executor, &id, cents, reference).await
        }
    }

    async fn load(&self, account: Uuid) -> Result<work::Account> {
        let id = account.to_string();
        let (events, cents) = if self.setup.snapshots {
            let view = views::kept::load(&self.executor, &id).await?;
            (view.events, view.cents)
        } else {
            let view = views::replayed::load(&self.executor, &id).await?;
            (view.events, view.cents)
        };
        Ok(work::Account { events, cents })
    }

    async fn seed(&self, events: Vec<PastEvent>) -> Result<()> {
        let stored =
            |(account, version, event): PastEvent| stored(account.to_string(), version, event);
        let events: Result<Vec<_>> = events.into_iter().map(stored).collect();
        Ok(self.executor.replicate(events?).await?)
    }

    async fn snapshot(&self, account: Uuid) -> Result<()> {
        // It keeps one when it loads.
        views::kept::load(&self.executor, &account.to_string()).await.map(drop)
    }

    async fn replay(&self) -> Result<Tally> {
        subscriptions::into_memory(&self.executor).await
    }

    async fn replay_into_table(&self) -> Result<work::Account> {
        sqlx::query("TRUNCATE balances").execute(&self.pool).await?;
        subscriptions::into_table(&self.executor, &self.pool).await?;
        let sum = "SELECT sum(events)::bigint, sum(cents)::bigint FROM balances";
        let (events, cents): (i64, i64) = sqlx::query_as(sum).fetch_one(&self.pool).await?;
        Ok(work::Account { events: events as u64, cents })
    }

    async fn follow(&self, seen: Seen) -> Result<Following> {
        subscriptions::follow(&self.executor, seen).await
    }
}
