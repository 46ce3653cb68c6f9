//! Each work, with the means that esrs has for it.

use std::sync::Arc;

use esrs::AggregateState;
use esrs::manager::AggregateManager;
use esrs::rebuilder::{PgRebuilder, Rebuilder as _};
use esrs::store::postgres::{PgStore, PgStoreBuilder, UuidFormat};
use futures::TryStreamExt as _;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;
use work::{PastEvent, Result, Setup, Subject, Tally};

use crate::account::{Account, Command, Event};
use crate::balances::Balances;

#[derive(Clone)]
pub(crate) struct Esrs {
    pool: PgPool,
    store: PgStore<Account>,
    accounts: Arc<AggregateManager<PgStore<Account>>>,
}

impl Subject for Esrs {
    async fn connect(setup: Setup) -> Result<Self> {
        if setup.snapshots {
            return work::Unsupported::outcome();
        }
        let options = PgPoolOptions::new().max_connections(setup.connections(10));
        let pool = options.test_before_acquire(false).connect(&setup.url).await?;
        let builder = PgStoreBuilder::new(pool.clone()).with_event_id_format(UuidFormat::V7);
        let store = builder.try_build().await?;
        let balances = "CREATE TABLE IF NOT EXISTS balances \
                        (account uuid PRIMARY KEY, cents bigint NOT NULL, events bigint NOT NULL)";
        sqlx::query(balances).execute(&pool).await?;
        let accounts = Arc::new(AggregateManager::new(store.clone()));
        Ok(Self { pool, store, accounts })
    }

    async fn open(&self, account: Uuid) -> Result<()> {
        let state = AggregateState::with_id(account);
        self.accounts.handle_command(state, Command::Open).await??;
        Ok(())
    }

    async fn deposit(&self, account: Uuid, cents: u64, reference: String) -> Result<()> {
        // The optimistic strategy of its examples: the unique index refuses who comes second.
        let state = self.accounts.load(account).await?.ok_or("no such account")?;
        self.accounts.handle_command(state, Command::Deposit { cents, reference }).await??;
        Ok(())
    }

    async fn load(&self, account: Uuid) -> Result<work::Account> {
        let state = self.accounts.load(account).await?.ok_or("no such account")?.into_inner();
        Ok(work::Account { events: state.events, cents: state.cents })
    }

    async fn seed(&self, events: Vec<PastEvent>) -> Result<()> {
        let (mut accounts, mut versions, mut payloads) = (vec![], vec![], vec![]);
        for (account, version, event) in events {
            accounts.push(account);
            versions.push(version as i32);
            payloads.push(serde_json::to_string(&Event::from(event))?);
        }
        let insert = "INSERT INTO account_events (id, aggregate_id, payload, sequence_number) \
                      SELECT gen_random_uuid(), account, payload::jsonb, version \
                      FROM unnest($1::uuid[], $2::text[], $3::integer[]) AS row (account, payload, version)";
        let insert = sqlx::query(insert).bind(accounts).bind(payloads).bind(versions);
        insert.execute(&self.pool).await?;
        Ok(())
    }

    async fn replay(&self) -> Result<Tally> {
        let mut tally = Tally::default();
        let mut events = self.store.stream_events(&self.pool);
        while let Some(event) = events.try_next().await? {
            tally.add(event.aggregate_id, event.payload().change());
        }
        Ok(tally)
    }

    async fn replay_into_table(&self) -> Result<work::Account> {
        sqlx::query("TRUNCATE balances").execute(&self.pool).await?;
        let rebuilder: PgRebuilder<Account> =
            PgRebuilder::new().with_transactional_event_handlers(vec![Box::new(Balances)]);
        // Its other way, all at once, forgets a row before each of its events.
        rebuilder.by_aggregate_id(self.pool.clone()).await?;
        let sum = "SELECT sum(events)::bigint, sum(cents)::bigint FROM balances";
        let (events, cents): (i64, i64) = sqlx::query_as(sum).fetch_one(&self.pool).await?;
        Ok(work::Account { events: events as u64, cents })
    }
}
