//! Each work, with the means that disintegrate has for it.

use disintegrate::serde::json::Json;
use disintegrate::{
    Decision, EventListener, EventSourcedStateStore, EventStore as _, LoadState as _, NoSnapshot,
    PersistedEvent, StreamItem, StreamQuery,
};
use disintegrate_postgres::{
    PgDecisionMaker, PgEventId, PgEventListener, PgEventListenerConfig, PgEventStore,
};
use futures::TryStreamExt as _;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::time::Duration;
use uuid::Uuid;
use work::{Following, PastEvent, Result, Seen, Setup, Subject, Tally};

use crate::account::{Account, Deposit, DomainEvent, Open, Refused};

/// How often a decision is made again when another one came in between.
const RETRIES: u32 = 100;

type Store = PgEventStore<DomainEvent, Json<DomainEvent>>;

#[derive(Clone)]
pub(crate) struct Disintegrate {
    pool: PgPool,
    store: Store,
    decisions: PgDecisionMaker<DomainEvent, Json<DomainEvent>, NoSnapshot>,
}

impl Subject for Disintegrate {
    async fn connect(setup: Setup) -> Result<Self> {
        if setup.snapshots {
            return work::Unsupported::outcome();
        }
        let options = PgPoolOptions::new().max_connections(setup.connections(10));
        let pool = options.test_before_acquire(false).connect(&setup.url).await?;
        let store = PgEventStore::try_new(pool.clone(), Json::default()).await?;
        let decisions = disintegrate_postgres::decision_maker(store.clone(), NoSnapshot);
        Ok(Self { pool, store, decisions })
    }

    async fn open(&self, account: Uuid) -> Result<()> {
        self.decide(|| Open { account }).await
    }

    async fn deposit(&self, account: Uuid, cents: u64, reference: String) -> Result<()> {
        self.decide(|| Deposit { account, cents: cents as i64, reference: reference.clone() }).await
    }

    async fn load(&self, account: Uuid) -> Result<work::Account> {
        let states = EventSourcedStateStore::new(self.store.clone(), NoSnapshot);
        let loaded = states.load(Account::new(account)).await?;
        let found: &Account = loaded.state();
        Ok(work::Account { events: found.events, cents: found.cents })
    }

    async fn seed(&self, events: Vec<PastEvent>) -> Result<()> {
        let (mut accounts, mut types, mut payloads) = (vec![], vec![], vec![]);
        for (account, _, event) in events {
            types.push(match &event {
                work::AccountEvent::Opened { .. } => "Opened",
                work::AccountEvent::Deposited { .. } => "Deposited",
                work::AccountEvent::Withdrawn { .. } => "Withdrawn",
            });
            accounts.push(account);
            payloads.push(serde_json::to_vec(&DomainEvent::new(account, event))?);
        }
        let insert = "INSERT INTO event (event_type, payload, account) \
                      SELECT type, payload, account \
                      FROM unnest($1::text[], $2::bytea[], $3::uuid[]) WITH ORDINALITY \
                      AS row (type, payload, account, nth) ORDER BY nth";
        let insert = sqlx::query(insert).bind(types).bind(payloads).bind(accounts);
        insert.execute(&self.pool).await?;
        Ok(())
    }

    async fn replay(&self) -> Result<Tally> {
        let mut tally = Tally::default();
        let all: StreamQuery<PgEventId, DomainEvent> = disintegrate::query!(DomainEvent);
        let mut items = self.store.stream(&all);
        while let Some(item) = items.try_next().await? {
            if let StreamItem::Event(event) = item {
                let (account, change) = event.account_and_change();
                tally.add(account, change);
            }
        }
        Ok(tally)
    }

    async fn follow(&self, seen: Seen) -> Result<Following> {
        // A listener keeps where it stands, and cannot begin at the end of the log: what went before is handled first.
        let listener = Deposits { seen, query: disintegrate::query!(DomainEvent) };
        let config = PgEventListenerConfig::poller(Duration::from_secs(5)).with_notifier();
        let listening = PgEventListener::builder(self.store.clone());
        let task = tokio::spawn(listening.register_listener(listener, config).start());
        Ok(Following::new(task))
    }
}

impl Disintegrate {
    /// Serialisable transactions refuse more than what really came in between: then it is decided again.
    async fn decide<D>(&self, decision: impl Fn() -> D + Send + Sync) -> Result<()>
    where
        D: Decision<Event = DomainEvent, StateQuery = Account, Error = Refused> + Send + Sync,
    {
        let mut left = RETRIES;
        loop {
            match self.decisions.make(decision()).await {
                Ok(_) => return Ok(()),
                Err(disintegrate::DecisionError::Domain(refused)) => return Err(refused.into()),
                Err(error) if left == 0 => return Err(error.into()),
                Err(_) => left -= 1,
            }
        }
    }
}

/// Tells of each deposit.
struct Deposits {
    seen: Seen,
    query: StreamQuery<PgEventId, DomainEvent>,
}

#[async_trait::async_trait]
impl EventListener<PgEventId, DomainEvent> for Deposits {
    type Error = std::convert::Infallible;

    fn id(&self) -> &'static str {
        "deposits"
    }

    fn query(&self) -> &StreamQuery<PgEventId, DomainEvent> {
        &self.query
    }

    async fn handle(
        &self,
        event: PersistedEvent<PgEventId, DomainEvent>,
    ) -> Result<(), Self::Error> {
        if let DomainEvent::Deposited { reference, .. } = event.into_inner() {
            self.seen.deposit(&reference);
        }
        Ok(())
    }
}
