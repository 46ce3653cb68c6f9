//! Each work, with the means that evento has for it.

use evento::Executor as _;
use uuid::Uuid;
use work::{AccountEvent, Following, PastEvent, Result, Seen, Setup, Subject, Tally, Unsupported};

use crate::account::{Opened, stored};
use crate::store::Store;
use crate::{subscriptions, views};

#[derive(Clone)]
pub(crate) struct Evento<S> {
    store: S,
    setup: Setup,
}

impl<S: Store> Subject for Evento<S> {
    async fn connect(setup: Setup) -> Result<Self> {
        Ok(Self { store: S::open(&setup).await?, setup })
    }

    async fn open(&self, account: Uuid) -> Result<()> {
        let AccountEvent::Opened { owner, cents } = AccountEvent::opened() else {
            return Err("an account begins with its opening".into());
        };
        let opened = Opened { owner, cents: cents as i64 };
        evento::append(account.to_string())
            .original_version(0)
            .event(&opened)
            .commit(self.store.executor())
            .await?;
        Ok(())
    }

    async fn deposit(&self, account: Uuid, cents: u64, reference: String) -> Result<()> {
        let (id, cents) = (account.to_string(), cents as i64);
        if self.setup.warm {
            views::remembered::deposit(self.store.executor(), &id, cents, reference).await
        } else {
            views::replayed::deposit(self.store.executor(), &id, cents, reference).await
        }
    }

    async fn load(&self, account: Uuid) -> Result<work::Account> {
        let id = account.to_string();
        let (events, cents) = if self.setup.snapshots {
            let view = views::kept::load(self.store.executor(), &id).await?;
            (view.events, view.cents)
        } else {
            let view = views::replayed::load(self.store.executor(), &id).await?;
            (view.events, view.cents)
        };
        Ok(work::Account { events, cents })
    }

    async fn seed(&self, events: Vec<PastEvent>) -> Result<()> {
        let stored =
            |(account, version, event): PastEvent| stored(account.to_string(), version, event);
        let events: Result<Vec<_>> = events.into_iter().map(stored).collect();
        Ok(self.store.executor().replicate(events?).await?)
    }

    async fn snapshot(&self, account: Uuid) -> Result<()> {
        // It keeps one when it loads.
        views::kept::load(self.store.executor(), &account.to_string()).await.map(drop)
    }

    async fn replay(&self) -> Result<Tally> {
        subscriptions::into_memory(self.store.executor()).await
    }

    async fn replay_into_table(&self) -> Result<work::Account> {
        let Some(pool) = self.store.balances() else {
            return Unsupported::outcome();
        };
        sqlx::query("TRUNCATE balances").execute(pool).await?;
        subscriptions::into_table(self.store.executor(), pool).await?;
        let sum = "SELECT sum(events)::bigint, sum(cents)::bigint FROM balances";
        let (events, cents): (i64, i64) = sqlx::query_as(sum).fetch_one(pool).await?;
        Ok(work::Account { events: events as u64, cents })
    }

    async fn close(&self) {
        self.store.close().await;
    }

    async fn follow(&self, seen: Seen) -> Result<Following> {
        subscriptions::follow(self.store.executor(), seen).await
    }
}
