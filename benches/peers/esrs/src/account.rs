//! The account.

use esrs::Aggregate;
use serde::{Deserialize, Serialize};
use work::AccountEvent;

pub(crate) struct Account;

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) cents: i64,
    pub(crate) events: u64,
}

pub(crate) enum Command {
    Open,
    Deposit { cents: u64, reference: String },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
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

#[derive(Debug, thiserror::Error)]
#[error("nothing to deposit")]
pub(crate) struct NothingToDeposit;

impl Aggregate for Account {
    const NAME: &'static str = "account";
    type State = State;
    type Command = Command;
    type Event = Event;
    type Error = NothingToDeposit;

    fn handle_command(_: &State, command: Command) -> Result<Vec<Event>, NothingToDeposit> {
        match command {
            Command::Open => Ok(vec![AccountEvent::opened().into()]),
            Command::Deposit { cents: 0, .. } => Err(NothingToDeposit),
            Command::Deposit { cents, reference } => {
                Ok(vec![Event::Deposited { cents, reference }])
            }
        }
    }

    fn apply_event(state: State, event: Event) -> State {
        State { cents: state.cents + event.change(), events: state.events + 1 }
    }
}
