//! The account.

use es_core::prelude::*;
use es_core::{EncodeError, NewEvent};
use work::AccountEvent;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "account-opened")]
pub(crate) struct Opened {
    pub(crate) owner: String,
    pub(crate) cents: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "money-deposited")]
pub(crate) struct Deposited {
    pub(crate) cents: u64,
    pub(crate) reference: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "money-withdrawn")]
pub(crate) struct Withdrawn {
    pub(crate) cents: u64,
}

/// Why a deposit is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoDeposit;

#[derive(Debug, Clone, Serialize, Deserialize, es_core::Snapshot)]
pub(crate) struct Account {
    pub(crate) cents: u64,
    pub(crate) events: u64,
}

#[aggregate(name = "account", id = Uuid)]
impl Account {
    #[handles(Opened)]
    fn opened(event: &Opened) -> Self {
        Self { cents: event.cents, events: 1 }
    }

    #[handles(Deposited)]
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
        self.events += 1;
    }

    #[handles(Withdrawn)]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.cents -= event.cents;
        self.events += 1;
    }

    pub(crate) fn open() -> Opened {
        match AccountEvent::opened() {
            AccountEvent::Opened { owner, cents } => Opened { owner, cents },
            other => unreachable!("{other:?} opens no account"),
        }
    }

    pub(crate) fn deposit(&self, cents: u64, reference: &str) -> Result<Deposited, NoDeposit> {
        if cents == 0 || self.cents.checked_add(cents).is_none() {
            return Err(NoDeposit);
        }
        Ok(Deposited { cents, reference: reference.to_owned() })
    }
}

/// An event of a history, to be appended as it is.
pub(crate) fn record(event: AccountEvent) -> Result<NewEvent, EncodeError> {
    match event {
        AccountEvent::Opened { owner, cents } => NewEvent::of(&Opened { owner, cents }),
        AccountEvent::Deposited { cents, reference } => {
            NewEvent::of(&Deposited { cents, reference })
        }
        AccountEvent::Withdrawn { cents } => NewEvent::of(&Withdrawn { cents }),
    }
}
