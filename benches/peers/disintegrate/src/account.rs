//! The account's events, its state and its decisions.

use disintegrate::{Decision, Event, StateMutate, StateQuery};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use work::AccountEvent;

#[derive(Debug, Clone, PartialEq, Eq, Event, Serialize, Deserialize)]
#[stream(BankEvent, [Opened, Deposited, Withdrawn])]
pub enum DomainEvent {
    Opened {
        #[id]
        account: Uuid,
        owner: String,
        cents: i64,
    },
    Deposited {
        #[id]
        account: Uuid,
        cents: i64,
        reference: String,
    },
    Withdrawn {
        #[id]
        account: Uuid,
        cents: i64,
    },
}

impl DomainEvent {
    pub(crate) fn new(account: Uuid, event: AccountEvent) -> Self {
        match event {
            AccountEvent::Opened { owner, cents } => {
                Self::Opened { account, owner, cents: cents as i64 }
            }
            AccountEvent::Deposited { cents, reference } => {
                Self::Deposited { account, cents: cents as i64, reference }
            }
            AccountEvent::Withdrawn { cents } => Self::Withdrawn { account, cents: cents as i64 },
        }
    }

    pub(crate) fn account_and_change(&self) -> (Uuid, i64) {
        match self {
            Self::Opened { account, cents, .. } | Self::Deposited { account, cents, .. } => {
                (*account, *cents)
            }
            Self::Withdrawn { account, cents } => (*account, -cents),
        }
    }
}

#[derive(Debug, Default, Clone, StateQuery, Serialize, Deserialize)]
#[state_query(BankEvent)]
pub struct Account {
    #[id]
    account: Uuid,
    pub(crate) cents: i64,
    pub(crate) events: u64,
}

impl Account {
    pub(crate) fn new(account: Uuid) -> Self {
        Self { account, ..Self::default() }
    }
}

impl StateMutate for Account {
    fn mutate(&mut self, event: BankEvent) {
        self.events += 1;
        match event {
            BankEvent::Opened { cents, .. } | BankEvent::Deposited { cents, .. } => {
                self.cents += cents;
            }
            BankEvent::Withdrawn { cents, .. } => self.cents -= cents,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("the account exists")]
    Exists,
    #[error("no such account")]
    NotThere,
}

pub(crate) struct Open {
    pub(crate) account: Uuid,
}

impl Decision for Open {
    type Event = DomainEvent;
    type StateQuery = Account;
    type Error = Refused;

    fn state_query(&self) -> Account {
        Account::new(self.account)
    }

    fn process(&self, state: &Account) -> Result<Vec<DomainEvent>, Refused> {
        match AccountEvent::opened() {
            AccountEvent::Opened { owner, cents } if state.events == 0 => {
                let (account, cents) = (self.account, cents as i64);
                Ok(vec![DomainEvent::Opened { account, owner, cents }])
            }
            _ => Err(Refused::Exists),
        }
    }
}

pub(crate) struct Deposit {
    pub(crate) account: Uuid,
    pub(crate) cents: i64,
    pub(crate) reference: String,
}

impl Decision for Deposit {
    type Event = DomainEvent;
    type StateQuery = Account;
    type Error = Refused;

    fn state_query(&self) -> Account {
        Account::new(self.account)
    }

    fn process(&self, state: &Account) -> Result<Vec<DomainEvent>, Refused> {
        if state.events == 0 {
            return Err(Refused::NotThere);
        }
        let (account, cents, reference) = (self.account, self.cents, self.reference.clone());
        Ok(vec![DomainEvent::Deposited { account, cents, reference }])
    }
}
