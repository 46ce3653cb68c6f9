//! Each work, with the means that es has for it.

use std::time::Duration;

use es_core::prelude::*;
use es_core::subscription::Rebuild;
use es_core::{LogQuery, NewEvent, Position, StreamAppend};
use es_postgres::{PgConfig, PgStore};
use futures_util::TryStreamExt as _;
use work::{Following, PastEvent, Result, Seen, Setup, Subject, Tally};

use crate::account::{Account, Deposited, NothingToDeposit, Opened, Withdrawn, record};
use crate::balances::Balances;
use crate::live;

/// Events in one batch of a rebuild.
const BATCH: usize = 5_000;

/// The most events that an append of a history holds.
const STRETCH: usize = 1_000;

#[derive(Clone)]
pub(crate) struct Es {
    store: PgStore,
    accounts: Repository<Account, PgStore>,
}

impl Subject for Es {
    async fn connect(setup: Setup) -> Result<Self> {
        let config = PgConfig::new().max_connections(setup.connections(10));
        let store = PgStore::connect_with(&setup.url, config).await?;
        store.migrate().await?;
        if setup.warm || setup.snapshots {
            return work::Unsupported::outcome();
        }
        let accounts = Repository::new(store.clone());
        Ok(Self { store, accounts })
    }

    async fn open(&self, account: Uuid) -> Result<()> {
        self.accounts.create(account, Account::open()).await?;
        Ok(())
    }

    async fn deposit(&self, account: Uuid, cents: u64, reference: String) -> Result<()> {
        let done = self.accounts.execute(account, |state| state.deposit(cents, &reference)).await;
        match done {
            Err(ExecuteError::Domain(NothingToDeposit)) => Err("nothing to deposit".into()),
            done => done.map(drop).map_err(|error| format!("{error:?}").into()),
        }
    }

    async fn load(&self, account: Uuid) -> Result<work::Account> {
        let account = self.accounts.load(account).await?.into_state();
        Ok(work::Account { events: account.events, cents: account.cents.cast_signed() })
    }

    async fn seed(&self, events: Vec<PastEvent>) -> Result<()> {
        // One entry for each stretch of one account, in the order of the log.
        let mut entries: Vec<(Uuid, Vec<NewEvent>)> = Vec::new();
        for (account, _, event) in events {
            match entries.last_mut() {
                Some((last, events)) if *last == account && events.len() < STRETCH => {
                    events.push(record(event)?);
                }
                _ => entries.push((account, vec![record(event)?])),
            }
        }
        // One call has each stream once.
        let mut first = 0;
        for end in 1..=entries.len() {
            let seen = |end: usize| entries[first..end].iter().any(|(id, _)| *id == entries[end].0);
            if end == entries.len() || seen(end) {
                append(&self.store, &entries[first..end]).await?;
                first = end;
            }
        }
        Ok(())
    }

    async fn replay(&self) -> Result<Tally> {
        let mut tally = Tally::default();
        let mut log = self.store.stream_log(LogQuery::after(Position::START));
        while let Some(event) = log.try_next().await? {
            let change = match event.name.as_str() {
                Opened::NAME => event.decode::<Opened>()?.cents.cast_signed(),
                Deposited::NAME => event.decode::<Deposited>()?.cents.cast_signed(),
                Withdrawn::NAME => -event.decode::<Withdrawn>()?.cents.cast_signed(),
                _ => continue,
            };
            tally.add(event.stream.id(), change);
        }
        Ok(tally)
    }

    async fn replay_into_table(&self) -> Result<work::Account> {
        let manager = SubscriptionManager::new(self.store.clone());
        let config = SubscriptionConfig::new().batch_size(BATCH);
        manager.subscribe(Balances::NAME, Balances, config)?;
        manager.rebuild(Balances::NAME, Rebuild::InOneTransaction).await?.done().await?;
        manager.stop(Duration::from_secs(30)).await?;
        let sum = "SELECT sum(events)::bigint, sum(cents)::bigint FROM balances";
        let (events, cents): (i64, i64) = sqlx::query_as(sum).fetch_one(self.store.pool()).await?;
        Ok(work::Account { events: events.cast_unsigned(), cents })
    }

    async fn follow(&self, seen: Seen) -> Result<Following> {
        live::follow(&self.store, seen).await
    }
}

async fn append(store: &PgStore, entries: &[(Uuid, Vec<NewEvent>)]) -> Result<()> {
    let append = |(account, events): &(Uuid, Vec<NewEvent>)| {
        let stream = Account::stream_id(*account)?;
        Ok(StreamAppend::new(stream, ExpectedVersion::Any, events.clone()))
    };
    let appends: Result<Vec<_>> = entries.iter().map(append).collect();
    for outcome in store.append_many(appends?).await {
        outcome?;
    }
    Ok(())
}
