//! Subscriptions: projections and other subscribers, run on the log of a store.
//!
//! ```
//! use std::time::Duration;
//! use es_core::prelude::*;
//! use es_core::subscription::{SubscriptionConfig, SubscriptionManager};
//! # #[derive(Serialize, Deserialize, Event)] struct Deposited { cents: i64 }
//! # #[derive(Default)] struct Deposits { cents: i64 }
//! # #[projection(name = "deposits")]
//! # impl Deposits { #[handles(Deposited)] fn deposited(&mut self, event: &Deposited) { self.cents += event.cents; } }
//! # async fn run(store: MemoryStore) -> Result<(), Box<dyn std::error::Error>> {
//! let manager = SubscriptionManager::new(store.clone());
//! let deposits =
//!     manager.subscribe_in_memory("deposits", Deposits::default(), SubscriptionConfig::new())?;
//! manager.start().await?;
//! manager.wait_caught_up(Duration::from_secs(10)).await?;
//! println!("{} cents", deposits.read().await.cents);
//! manager.stop(Duration::from_secs(10)).await?;
//! # Ok(()) }
//! ```
//!
//! # How it runs
//!
//! - **Catch-up, then live, without a seam**: both read the log by position, page by page, the next page while the
//!   present one is handled. At the end a subscription waits for a wake-up, which is only a hint: a quiet log is looked at
//!   again anyway, after pauses that double up to [`SubscriptionConfig::poll`].
//! - **Exactly once** for what a projection does in the store: a batch is one transaction with the handlers' rows and SQL and
//!   the checkpoint in it. At least once for effects elsewhere.
//! - **One worker** per subscription, or part of one, over all processes: the store hands out a lease with an epoch that
//!   rises with each owner. A worker that lost its lease cannot commit, however late it wakes up. Others stand by.
//! - **Failure**: what may pass (a lost connection, a deadlock) is done again, after pauses, for as long as it takes. A handler's error,
//!   panic or timeout rolls the batch back, and its events come one by one, each attempt counted in the store *before* it is made,
//!   so that an event which kills the process is recognised after the restart; then [`OnFailure`] decides. Other subscriptions
//!   notice nothing. What would fail at every event (a missing table, say) ends the subscription, which keeps the error.
//! - **Nothing of a payload is logged**: logs name events and say what kind of error it was. Its causes, which may quote values,
//!   are in [`SubscriptionStatus::last_error`] and in the dead letters.
//! - **Another history**: a checkpoint that does not fit the log (a database that was restored or replaced) ends it as well.
//!
#![doc = include_str!("../../docs/choosing-a-projection.md")]

mod again;
mod beginning;
mod careful;
mod config;
mod entry;
mod error;
mod letters;
mod manager;
mod metrics;
mod operations;
mod page;
mod processor;
mod rebuild;
mod runner;
mod serving;
mod shutdown;
mod status;
mod watchdog;
mod worker;

pub use config::{CheckpointEvery, OnFailure, Retry, StartFrom, SubscriptionConfig};
pub use entry::Subscription;
pub use error::SubscriptionError;
pub use letters::DeadLetters;
pub use manager::SubscriptionManager;
pub use rebuild::{Rebuild, RebuildPlan, RebuildProgress, Rebuilding};
pub use status::{Ended, State, SubscriptionStatus};
