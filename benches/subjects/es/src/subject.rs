//! Each work, with the means that es has for it.

use std::error::Error;
use std::fmt;

use es_core::prelude::*;
use es_core::{ExistingStreams, ImportOptions, ImportedEvent, LogQuery, Position};
use futures_util::{TryStreamExt as _, stream};
use work::{Following, Histories, PastEvent, Result, Seen, Setup, Subject, Tally};

use crate::account::{Account, Deposited, NoDeposit, Opened, Withdrawn, record};
use crate::store::Store;

/// How many accounts are kept in memory where that is allowed.
const CAPACITY: usize = 10_000;

/// After how many events a snapshot is made where there are any.
const SNAPSHOT_EVERY: u64 = 100;

#[derive(Clone)]
pub(crate) struct Es<S> {
    store: S,
    accounts: Repository<Account, S>,
}

impl<S: Store> Subject for Es<S> {
    async fn connect(setup: Setup) -> Result<Self> {
        let store = S::open(&setup).await?;
        let mut accounts = Repository::new(store.clone());
        if setup.warm {
            accounts = accounts.cached(CAPACITY);
        }
        if setup.snapshots {
            accounts = accounts.snapshot_every(SNAPSHOT_EVERY);
        }
        Ok(Self { store, accounts })
    }

    async fn open(&self, account: Uuid) -> Result<()> {
        self.accounts.create(account, Account::open()).await?;
        Ok(())
    }

    async fn deposit(&self, account: Uuid, cents: u64, reference: String) -> Result<()> {
        let done = self.accounts.execute(account, |state| state.deposit(cents, &reference)).await;
        match done {
            Err(ExecuteError::Domain(NoDeposit)) => Err("the deposit is refused".into()),
            done => done.map(drop).map_err(|error| format!("{error:?}").into()),
        }
    }

    async fn load(&self, account: Uuid) -> Result<work::Account> {
        let account = self.accounts.load(account).await?.into_state();
        Ok(work::Account { events: account.events, cents: account.cents.cast_signed() })
    }

    async fn seed(&self, events: Vec<PastEvent>) -> Result<()> {
        self.import_events(events.into_iter()).await
    }

    async fn import(&self, histories: Histories) -> Result<()> {
        self.import_events(histories.iter()).await
    }

    async fn snapshot(&self, account: Uuid) -> Result<()> {
        let root = self.accounts.load(account).await?;
        self.accounts.snapshot_now(&root).await?;
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
        self.store.rebuild_balances().await
    }

    async fn close(&self) {
        self.store.close().await;
    }

    async fn follow(&self, seen: Seen) -> Result<Following> {
        self.store.follow(seen).await
    }
}

impl<S: Store> Es<S> {
    async fn import_events(&self, events: impl Iterator<Item = PastEvent> + Send) -> Result<()> {
        let imported = |(account, version, event): PastEvent| {
            let stream = Account::stream_id(account)?;
            Ok::<_, Box<dyn Error + Send + Sync>>(
                ImportedEvent::new(stream, record(event)?).version(Version::new(version)),
            )
        };
        let events = stream::iter(events.map(move |event| imported(event).map_err(Unfit)));
        let options = ImportOptions::new().existing(ExistingStreams::Continue);
        self.store.import(events, options).await?;
        Ok(())
    }
}

/// An event of a history that is none of ours.
#[derive(Debug)]
struct Unfit(Box<dyn Error + Send + Sync>);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an event does not fit: {}", self.0)
    }
}

impl Error for Unfit {}
