//! The account.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use work::AccountEvent;

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) cents: i64,
    pub(crate) events: u64,
}

pub(crate) enum Command {
    Open,
    Deposit { cents: u64, reference: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    Opened { owner: String, cents: u64 },
    Deposited { cents: u64, reference: String },
    Withdrawn { cents: u64 },
}

impl From<AccountEvent> for Event {
    fn from(event: AccountEvent) -> Self {
        match event {
            AccountEvent::Opened { owner, cents } => Self::Opened { owner, cents },
            AccountEvent::Deposited { cents, reference } => Self::Deposited { cents, reference },
            AccountEvent::Withdrawn { cents } => Self::Withdrawn { cents },
        }
    }
}

impl Event {
    pub(crate) fn change(&self) -> i64 {
        match self {
            Self::Opened { cents, .. } | Self::Deposited { cents, .. } => *cents as i64,
            Self::Withdrawn { cents } => -(*cents as i64),
        }
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Opened { .. } => "account-opened".to_owned(),
            Self::Deposited { .. } => "money-deposited".to_owned(),
            Self::Withdrawn { .. } => "money-withdrawn".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

#[derive(Debug)]
pub(crate) struct NothingToDeposit;

impl std::fmt::Display for NothingToDeposit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nothing to deposit")
    }
}

impl std::error::Error for NothingToDeposit {}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = Command;
    type Event = Event;
    type Error = NothingToDeposit;
    type Services = ();

    async fn handle(
        &mut self,
        command: Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), NothingToDeposit> {
        match command {
            Command::Open => sink.write(AccountEvent::opened().into(), self).await,
            Command::Deposit { cents: 0, .. } => return Err(NothingToDeposit),
            Command::Deposit { cents, reference } => {
                sink.write(Event::Deposited { cents, reference }, self).await;
            }
        }
        Ok(())
    }

    fn apply(&mut self, event: Event) {
        self.cents += event.change();
        self.events += 1;
    }
}
