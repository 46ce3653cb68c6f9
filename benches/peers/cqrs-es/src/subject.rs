//! Each work, with the means that cqrs-es has for it.

use std::sync::{Arc, Mutex};

use cqrs_es::persist::{GenericQuery, PersistedEventStore, QueryReplay};
use cqrs_es::{Aggregate as _, DomainEvent as _, EventEnvelope, EventStore as _, Query, View};
use postgres_es::{PostgresCqrs, PostgresEventRepository, PostgresViewRepository, postgres_cqrs};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;
use work::{PastEvent, Result, Setup, Subject, Tally};

use crate::account::{Account, Command, Event};

/// Of `db/init.sql`, and a view's table as it is there.
const TABLES: &str = include_str!("tables.sql");

/// Every how many events it keeps a snapshot, where it does.
const SNAPSHOT_EVERY: usize = 9_950;

#[derive(Clone)]
pub(crate) struct CqrsEs {
    pool: PgPool,
    cqrs: Arc<PostgresCqrs<Account>>,
    snapshots: bool,
}

impl Subject for CqrsEs {
    async fn connect(setup: Setup) -> Result<Self> {
        let options = PgPoolOptions::new().max_connections(setup.connections(10));
        let pool = options.test_before_acquire(false).connect(&setup.url).await?;
        sqlx::raw_sql(TABLES).execute(&pool).await?;
        let cqrs = Arc::new(postgres_cqrs(pool.clone(), vec![], ()));
        Ok(Self { pool, cqrs, snapshots: setup.snapshots })
    }

    async fn open(&self, account: Uuid) -> Result<()> {
        Ok(self.cqrs.execute(&account.to_string(), Command::Open).await?)
    }

    async fn deposit(&self, account: Uuid, cents: u64, reference: String) -> Result<()> {
        let command = Command::Deposit { cents, reference };
        Ok(self.cqrs.execute(&account.to_string(), command).await?)
    }

    async fn load(&self, account: Uuid) -> Result<work::Account> {
        let repository = PostgresEventRepository::new(self.pool.clone());
        let store = if self.snapshots {
            PersistedEventStore::<_, Account>::new_snapshot_store(repository, SNAPSHOT_EVERY)
        } else {
            PersistedEventStore::new_event_store(repository)
        };
        let found = store.load_aggregate(&account.to_string()).await?.aggregate;
        Ok(work::Account { events: found.events, cents: found.cents })
    }

    async fn seed(&self, events: Vec<PastEvent>) -> Result<()> {
        let (mut ids, mut sequences, mut types, mut payloads) = (vec![], vec![], vec![], vec![]);
        for (account, version, event) in events {
            let event = Event::from(event);
            ids.push(account.to_string());
            sequences.push(version as i64);
            types.push(event.event_type());
            payloads.push(serde_json::to_string(&event)?);
        }
        let insert = "INSERT INTO events SELECT $1, id, sequence, type, '1.0', payload::json, '{}' \
                      FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[]) \
                      AS row (id, sequence, type, payload)";
        let insert = sqlx::query(insert).bind(Account::TYPE).bind(ids).bind(sequences);
        insert.bind(types).bind(payloads).execute(&self.pool).await?;
        Ok(())
    }

    async fn snapshot(&self, account: Uuid) -> Result<()> {
        let id = account.to_string();
        let repository = PostgresEventRepository::new(self.pool.clone());
        let store = PersistedEventStore::<_, Account>::new_event_store(repository);
        let context = store.load_aggregate(&id).await?;
        let insert = "INSERT INTO snapshots VALUES ($1, $2, $3, 1, $4)";
        let insert = sqlx::query(insert).bind(Account::TYPE).bind(id);
        let insert = insert.bind(context.current_sequence as i64);
        insert.bind(serde_json::to_value(&context.aggregate)?).execute(&self.pool).await?;
        Ok(())
    }

    async fn replay(&self) -> Result<Tally> {
        let counting = Counting::default();
        let repository = PostgresEventRepository::new(self.pool.clone());
        QueryReplay::new(repository, counting.clone()).replay_all().await?;
        let tally = std::mem::take(&mut *counting.0.lock().map_err(|_| "a query has panicked")?);
        Ok(tally)
    }

    async fn replay_into_table(&self) -> Result<work::Account> {
        sqlx::query("TRUNCATE balances").execute(&self.pool).await?;
        let views = Arc::new(PostgresViewRepository::<Balance, Account>::new(
            "balances",
            self.pool.clone(),
        ));
        let repository = PostgresEventRepository::new(self.pool.clone());
        QueryReplay::new(repository, GenericQuery::new(views)).replay_all().await?;
        let sum = "SELECT sum((payload ->> 'events')::bigint)::bigint, sum((payload ->> 'cents')::bigint)::bigint \
                   FROM balances";
        let (events, cents): (i64, i64) = sqlx::query_as(sum).fetch_one(&self.pool).await?;
        Ok(work::Account { events: events as u64, cents })
    }
}

/// A query that counts in memory.
#[derive(Clone, Default)]
struct Counting(Arc<Mutex<Tally>>);

#[async_trait::async_trait]
impl Query<Account> for Counting {
    async fn dispatch(&self, aggregate_id: &str, events: &[EventEnvelope<Account>]) {
        let account = Uuid::parse_str(aggregate_id).unwrap_or_default();
        let mut tally = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for event in events {
            tally.add(account, event.payload.change());
        }
    }
}

/// A view of an account.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Balance {
    cents: i64,
    events: u64,
}

impl View<Account> for Balance {
    fn update(&mut self, event: &EventEnvelope<Account>) {
        self.cents += event.payload.change();
        self.events += 1;
    }
}
