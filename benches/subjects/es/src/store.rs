//! What differs between the stores: how they are opened, and what only one of them is asked for.

use std::time::Duration;

use es_core::BulkStore;
use es_core::prelude::*;
use es_core::subscription::Rebuild;
use es_postgres::{PgConfig, PgStore};
use es_sqlite::SqliteStore;
use work::{Following, Result, Seen, Setup, Unsupported};

use crate::balances::Balances;
use crate::live;

/// Events in one batch of a rebuild.
const BATCH: usize = 5_000;

pub(crate) trait Store: BulkStore + Clone {
    fn open(setup: &Setup) -> impl Future<Output = Result<Self>> + Send;

    fn close(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    fn rebuild_balances(&self) -> impl Future<Output = Result<work::Account>> + Send {
        async { Unsupported::outcome() }
    }

    fn follow(&self, _seen: Seen) -> impl Future<Output = Result<Following>> + Send {
        async { Unsupported::outcome() }
    }
}

impl Store for PgStore {
    async fn open(setup: &Setup) -> Result<Self> {
        let config = PgConfig::new().max_connections(setup.connections(10));
        let store = Self::connect_with(&setup.url, config).await?;
        store.migrate().await?;
        Ok(store)
    }

    async fn rebuild_balances(&self) -> Result<work::Account> {
        let manager = SubscriptionManager::new(self.clone());
        let config = SubscriptionConfig::new().batch_size(BATCH);
        manager.subscribe(Balances::NAME, Balances, config)?;
        manager.rebuild(Balances::NAME, Rebuild::InOneTransaction).await?.done().await?;
        manager.stop(Duration::from_secs(30)).await?;
        let sum = "SELECT sum(events)::bigint, sum(cents)::bigint FROM balances";
        let (events, cents): (i64, i64) = sqlx::query_as(sum).fetch_one(self.pool()).await?;
        Ok(work::Account { events: events.cast_unsigned(), cents })
    }

    async fn follow(&self, seen: Seen) -> Result<Following> {
        live::follow(self, seen).await
    }
}

impl Store for SqliteStore {
    /// With its defaults, which are durable.
    async fn open(setup: &Setup) -> Result<Self> {
        Ok(Self::open(setup.path()?).await?)
    }

    async fn close(&self) {
        self.close().await;
    }
}
