//! The aggregates that the tests of the repository and of the test kit share, written by hand: a wrong expansion of
//! the macros must not show here.

use chrono::{DateTime, Utc};
use es_core::{
    Aggregate, Event, EventContext, Handler, Handles, IntoEvents, ReplayError, SchemaVersion,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! events {
    ($($aggregate:ty: $(#[$meta:meta])* $event:ident $fields:tt $name:literal $version:literal;)+) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        $(#[$meta])*
        pub(crate) struct $event $fields

        impl Event for $event {
            const NAME: &'static str = $name;
            const VERSION: SchemaVersion = SchemaVersion::new($version).unwrap();
        }

        impl IntoEvents<$aggregate> for $event {
            fn into_events(self, events: &mut es_core::Events<$aggregate>) {
                events.push(self);
            }
        }
    )+};
}

events! {
    Account: Opened { pub(crate) owner: String, pub(crate) deposit: u64 } "opened" 1;
    Account: Deposited { pub(crate) amount: u64 } "deposited" 1;
    Account: Withdrawn { pub(crate) amount: u64 } "withdrawn" 1;
    Account: Noted { pub(crate) text: String, #[serde(skip)] pub(crate) private: u8 } "noted" 1;
    Tally: Counted { pub(crate) by: i64 } "counted" 2;
}

/// Begins with an event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Account {
    pub(crate) owner: String,
    pub(crate) balance: u64,
    pub(crate) notes: Vec<(String, u8)>,
    /// Who did each thing, by the events' metadata.
    pub(crate) actors: Vec<String>,
    /// When each thing happened.
    pub(crate) times: Vec<DateTime<Utc>>,
    /// The versions that the events' contexts told.
    pub(crate) versions: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no more can be counted")]
    TooRich,
    #[error("a deposit of {deposit} is below the minimum of 100")]
    MinimumDeposit { deposit: u64 },
    #[error("{balance} is not enough for {amount}")]
    InsufficientFunds { balance: u64, amount: u64 },
}

impl Account {
    pub(crate) fn open(owner: &str, deposit: u64) -> Result<Opened, Refusal> {
        if deposit < 100 {
            return Err(Refusal::MinimumDeposit { deposit });
        }
        Ok(Opened { owner: owner.to_owned(), deposit })
    }

    /// Nothing to deposit is nothing to record.
    pub(crate) fn deposit(&self, amount: u64) -> Result<Option<Deposited>, Refusal> {
        if self.balance.checked_add(amount).is_none() {
            return Err(Refusal::TooRich);
        }
        Ok((amount > 0).then_some(Deposited { amount }))
    }

    pub(crate) fn withdraw(&self, amount: u64) -> Result<Withdrawn, Refusal> {
        if amount > self.balance {
            return Err(Refusal::InsufficientFunds { balance: self.balance, amount });
        }
        Ok(Withdrawn { amount })
    }

    fn heard(&mut self, cx: &EventContext<'_>) {
        self.actors.extend(cx.metadata.actor.clone());
        self.times.push(cx.occurred_at);
        self.versions.push(cx.version.get());
    }
}

impl Aggregate for Account {
    type Id = Uuid;
    const NAME: &'static str = "account";
    const HANDLERS: &'static [Handler<Self>] = &[
        Handler::of::<Opened>(),
        Handler::of::<Deposited>(),
        Handler::of::<Withdrawn>(),
        Handler::of::<Noted>(),
    ];

    fn initial() -> Option<Self> {
        None
    }
}

impl Handles<Opened> for Account {
    fn handle(
        state: &mut Option<Self>,
        event: &Opened,
        cx: &EventContext<'_>,
    ) -> Result<(), ReplayError> {
        if state.is_some() {
            return Err(ReplayError::BegunTwice { event: Opened::NAME, aggregate: Self::NAME });
        }
        let (owner, balance) = (event.owner.clone(), event.deposit);
        let (notes, actors, times, versions) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut account = Self { owner, balance, notes, actors, times, versions };
        account.heard(cx);
        *state = Some(account);
        Ok(())
    }
}

macro_rules! changes {
    ($($event:ident => $change:expr;)+) => {$(
        impl Handles<$event> for Account {
            fn handle(
                state: &mut Option<Self>,
                event: &$event,
                cx: &EventContext<'_>,
            ) -> Result<(), ReplayError> {
                let Some(account) = state else {
                    let (event, aggregate) = ($event::NAME, Self::NAME);
                    return Err(ReplayError::NotBegun { event, aggregate });
                };
                let change: fn(&mut Account, &$event) = $change;
                change(account, event);
                account.heard(cx);
                Ok(())
            }
        }
    )+};
}

changes! {
    Deposited => |account, event| account.balance += event.amount;
    Withdrawn => |account, event| account.balance -= event.amount;
    Noted => |account, event| account.notes.push((event.text.clone(), event.private));
}

/// Has a state before its first event.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tally {
    pub(crate) total: i64,
}

impl Aggregate for Tally {
    type Id = Uuid;
    const NAME: &'static str = "tally";
    const HANDLERS: &'static [Handler<Self>] = &[Handler::of::<Counted>()];

    fn initial() -> Option<Self> {
        Some(Self::default())
    }
}

impl Handles<Counted> for Tally {
    fn handle(
        state: &mut Option<Self>,
        event: &Counted,
        _: &EventContext<'_>,
    ) -> Result<(), ReplayError> {
        let Some(tally) = state else {
            return Err(ReplayError::NotBegun { event: Counted::NAME, aggregate: Self::NAME });
        };
        tally.total += event.by;
        Ok(())
    }
}

pub(crate) fn opened(owner: &str, deposit: u64) -> Opened {
    Opened { owner: owner.to_owned(), deposit }
}

pub(crate) fn noted(text: &str) -> Noted {
    Noted { text: text.to_owned(), private: 0 }
}
