//! For tests: of a domain, given events when a decision then events ([`given`]); of a store, the promises that every
//! store keeps ([`contract`]).
//!
//! ```
//! use es_core::prelude::*;
//! use es_core::testing::{given, given_nothing};
//!
//! # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
//! # struct Opened { owner: String, deposit: u64 }
//! # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
//! # struct Withdrawn { amount: u64 }
//! # #[derive(Debug, PartialEq)]
//! # enum Refusal { MinimumDeposit(u64), InsufficientFunds { balance: u64 } }
//! # #[derive(Debug, PartialEq)]
//! # struct Account { balance: u64 }
//! # #[aggregate(name = "account", id = Uuid)]
//! # impl Account {
//! #     #[handles(Opened)]
//! #     fn opened(event: &Opened) -> Self { Self { balance: event.deposit } }
//! #     #[handles(Withdrawn)]
//! #     fn withdrawn(&mut self, event: &Withdrawn) { self.balance -= event.amount; }
//! #     fn open(owner: &str, deposit: u64) -> Result<Opened, Refusal> {
//! #         if deposit < 100 { return Err(Refusal::MinimumDeposit(deposit)); }
//! #         Ok(Opened { owner: owner.into(), deposit })
//! #     }
//! #     fn withdraw(&self, amount: u64) -> Result<Withdrawn, Refusal> {
//! #         if amount > self.balance { return Err(Refusal::InsufficientFunds { balance: self.balance }); }
//! #         Ok(Withdrawn { amount })
//! #     }
//! # }
//! # let ada = || "Ada".to_owned();
//! given_nothing()
//!     .when_creating(|| Account::open("Ada", 500))
//!     .then(Opened { owner: ada(), deposit: 500 });
//!
//! given((Opened { owner: ada(), deposit: 500 }, Withdrawn { amount: 100 }))
//!     .when(|account: &Account| account.withdraw(50))
//!     .then(Withdrawn { amount: 50 })
//!     .then_state(|account| assert_eq!(account.balance, 350))
//!     .then_reconstructs();
//!
//! given(Opened { owner: ada(), deposit: 500 })
//!     .when(|account: &Account| account.withdraw(501))
//!     .then_error(Refusal::InsufficientFunds { balance: 500 });
//! ```
//!
//! When events differ the test fails at its own line, with the difference (`-` expected, `+` recorded):
//!
//! ```text
//!   "withdrawn" v1
//!     {
//! -     "amount": 50
//! +     "amount": 60
//!     }
//! ```

pub mod contract;
mod decided;
mod diff;
mod given;
mod history;

pub use decided::{Decided, Then};
pub use given::{Given, given, given_nothing};
