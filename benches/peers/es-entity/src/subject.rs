//! Each work, with the means that es-entity has for it. It has no log: nothing to replay or to follow across entities.

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;
use work::{PastEvent, Result, Setup, Subject};

use crate::account::{AccountEntityEvent, AccountId, Accounts, NewAccount};

#[derive(Clone)]
pub(crate) struct Entities {
    pool: PgPool,
    accounts: Accounts,
}

impl Subject for Entities {
    async fn connect(setup: Setup) -> Result<Self> {
        if setup.snapshots {
            return work::Unsupported::outcome();
        }
        let options = PgPoolOptions::new().max_connections(setup.connections(10));
        let pool = options.test_before_acquire(false).connect(&setup.url).await?;
        let there = "SELECT to_regclass('accounts') IS NOT NULL";
        let there: bool = sqlx::query_scalar(there).fetch_one(&pool).await?;
        if !there {
            sqlx::raw_sql(include_str!("../migrations/1_accounts.sql")).execute(&pool).await?;
        }
        Ok(Self { accounts: Accounts::new(pool.clone()), pool })
    }

    async fn open(&self, account: Uuid) -> Result<()> {
        self.accounts.create(NewAccount { id: AccountId::from(account) }).await?;
        Ok(())
    }

    async fn deposit(&self, account: Uuid, cents: u64, reference: String) -> Result<()> {
        let mut found = self.accounts.find_by_id(AccountId::from(account)).await?;
        if cents == 0 {
            return Err("nothing to deposit".into());
        }
        found.deposit(cents as i64, reference);
        self.accounts.update(&mut found).await?;
        Ok(())
    }

    async fn load(&self, account: Uuid) -> Result<work::Account> {
        let found = self.accounts.find_by_id(AccountId::from(account)).await?;
        Ok(work::Account { events: found.count, cents: found.cents })
    }

    async fn seed(&self, events: Vec<PastEvent>) -> Result<()> {
        let (mut accounts, mut versions, mut types, mut payloads) =
            (vec![], vec![], vec![], vec![]);
        for (account, version, event) in events {
            let event = AccountEntityEvent::from(event);
            accounts.push(account);
            versions.push(version as i32);
            types.push(event.name());
            payloads.push(serde_json::to_string(&event)?);
        }
        let index = "INSERT INTO accounts SELECT DISTINCT id, now() FROM unnest($1::uuid[]) AS id \
                     ON CONFLICT (id) DO NOTHING";
        sqlx::query(index).bind(&accounts).execute(&self.pool).await?;
        let insert = "INSERT INTO account_events (id, sequence, event_type, event, recorded_at) \
                      SELECT id, sequence, type, event::jsonb, now() \
                      FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[]) \
                      AS row (id, sequence, type, event)";
        let insert = sqlx::query(insert).bind(accounts).bind(versions).bind(types).bind(payloads);
        insert.execute(&self.pool).await?;
        Ok(())
    }
}
