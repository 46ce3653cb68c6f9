//! The account.

use es_entity::*;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use work::AccountEvent;

es_entity::entity_id! { AccountId }

#[derive(EsEvent, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[es_event(id = "AccountId")]
pub enum AccountEntityEvent {
    Opened { owner: String, cents: i64 },
    Deposited { cents: i64, reference: String },
    Withdrawn { cents: i64 },
}

impl From<AccountEvent> for AccountEntityEvent {
    fn from(event: AccountEvent) -> Self {
        match event {
            AccountEvent::Opened { owner, cents } => Self::Opened { owner, cents: cents as i64 },
            AccountEvent::Deposited { cents, reference } => {
                Self::Deposited { cents: cents as i64, reference }
            }
            AccountEvent::Withdrawn { cents } => Self::Withdrawn { cents: cents as i64 },
        }
    }
}

impl AccountEntityEvent {
    /// What serde writes as its tag.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Deposited { .. } => "deposited",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }
}

#[derive(EsEntity)]
#[es_entity(new = "NewAccount", event = "AccountEntityEvent")]
pub struct Account {
    pub id: AccountId,
    pub cents: i64,
    pub count: u64,
    events: EntityEvents<AccountEntityEvent>,
}

impl Account {
    pub(crate) fn deposit(&mut self, cents: i64, reference: String) {
        self.cents += cents;
        self.count += 1;
        self.events.push(AccountEntityEvent::Deposited { cents, reference });
    }
}

impl TryFromEvents<AccountEntityEvent> for Account {
    fn try_from_events(
        events: EntityEvents<AccountEntityEvent>,
    ) -> Result<Self, EntityHydrationError> {
        let (mut sum, mut count) = (0, 0);
        for event in events.iter_all() {
            count += 1;
            match event {
                AccountEntityEvent::Opened { cents, .. }
                | AccountEntityEvent::Deposited { cents, .. } => sum += cents,
                AccountEntityEvent::Withdrawn { cents } => sum -= cents,
            }
        }
        let id = *events.id();
        let mut hydrator = Account::hydrator();
        hydrator.id(id).cents(sum).count(count);
        hydrator.build(events)
    }
}

pub struct NewAccount {
    pub(crate) id: AccountId,
}

impl IntoEvents<AccountEntityEvent> for NewAccount {
    type IdSource = FromCaller;

    fn into_events(
        self,
        builder: EntityEventsBuilder<AccountEntityEvent, FromCaller>,
    ) -> EntityEvents<AccountEntityEvent> {
        builder.initial_events(self.id, [AccountEvent::opened().into()])
    }
}

#[derive(EsRepo, Clone)]
#[es_repo(entity = "Account", event = "AccountEntityEvent", id(ty = "AccountId", source = caller))]
pub struct Accounts {
    pool: PgPool,
}

impl Accounts {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}
