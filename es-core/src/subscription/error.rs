//! What can go wrong with a subscription.

use std::time::Duration;

use thiserror::Error;

use crate::error::StoreError;
use crate::id::EventId;
use crate::projection::ProjectionError;
use crate::version::Position;

/// A subscription cannot be made, run, waited for or changed.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum SubscriptionError {
    /// There is no subscription of that name.
    #[error("there is no subscription `{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The name is empty or longer than 200 bytes, or has a NUL character.
    #[error("a subscription cannot be named {name:?}: a name has 1 to 200 bytes and no NUL")]
    BadName {
        /// The name.
        name: String,
    },
    /// Two subscriptions would have one checkpoint.
    #[error("there is a subscription `{name}` already")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Two projections would write one table.
    #[error("`{name}` cannot write the table `{table}`, because `{other}` does")]
    TableTaken {
        /// The subscription that was to be made.
        name: String,
        /// The table.
        table: &'static str,
        /// The subscription that has it.
        other: String,
    },
    /// An event could not be handled, and the policy is to stop.
    #[error("event {event} at position {position} could not be handled in {attempts} attempts")]
    Event {
        /// The event.
        event: EventId,
        /// Where it is in the log.
        position: Position,
        /// How often it was tried.
        attempts: u32,
        /// What the last attempt said.
        #[source]
        cause: ProjectionError,
    },
    /// The projection does not fit the store that it is run on, whatever the event.
    #[error("the projection cannot be run on this store")]
    Projection(#[source] ProjectionError),
    /// A handler keeps its thread and does not come back. Nobody can end the thread, and a runtime that is dropped waits for it: a
    /// program that has nothing else to do is ended with `std::process::exit`.
    #[error("the handler of the event at position {position} has not come back for {waited:?}")]
    Stuck {
        /// Where the event is in the log.
        position: Position,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The subscription may begin only at a checkpoint, and has none.
    #[error("the subscription `{name}` has no checkpoint, and must not begin without one")]
    NoCheckpoint {
        /// The name.
        name: String,
    },
    /// What was waited for has not come in time.
    #[error("`{name}` is at position {position} after {waited:?}")]
    TimedOut {
        /// The subscription.
        name: String,
        /// Where it stands.
        position: Position,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The subscription has ended, so what was waited for will not come.
    #[error("the subscription `{name}` is not running")]
    NotRunning {
        /// The subscription.
        name: String,
    },
    /// There is nothing in a store that could be built anew.
    #[error("`{name}` keeps nothing in the store that could be rebuilt")]
    NothingToRebuild {
        /// The subscription.
        name: String,
    },
    /// Somebody has cancelled it.
    #[error("the rebuild of `{name}` was cancelled")]
    Cancelled {
        /// The subscription.
        name: String,
    },
    /// The subscription did not come to an end within the deadline and was cut off; what it had not committed was rolled back.
    #[error("`{name}` was cut off at the deadline")]
    CutOff {
        /// The subscription.
        name: String,
    },
    /// A task of the runtime ended in a way it should not.
    #[error("the subscription's task ended: {what}")]
    Task {
        /// What it said.
        what: String,
    },
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}
