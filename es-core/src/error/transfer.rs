//! Why a store was not copied into another.

use std::fmt;

use thiserror::Error;

use super::{ImportError, StoreError};
use crate::id::EventId;
use crate::store::EventAddress;
use crate::version::Position;

/// A store was not copied into another one, or not to its end, or not as it is.
///
/// The chunks that were stored before the error stay. To call it again is always safe: it compares what the target has
/// before it writes, and goes on behind it.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The source cannot be read.
    #[error("the source cannot be read")]
    Source(#[source] StoreError),
    /// The target cannot be read.
    #[error("the target cannot be read")]
    Target(#[source] StoreError),
    /// The target does not take a chunk. Nothing of that chunk was stored.
    #[error("the target does not take the events of the source after position {after}")]
    Import {
        /// The position in the source behind which the chunk begins.
        after: Position,
        /// What the target says.
        #[source]
        cause: ImportError,
    },
    /// The target lost the connection while it stored a chunk: all of that chunk is stored, or none. The next call finds out
    /// which, and goes on from there.
    #[error(
        "it is not known whether the target has stored the events of the source after position {after}; the next call \
         finds out and goes on"
    )]
    OutcomeUnknown {
        /// The position in the source behind which the chunk begins.
        after: Position,
        /// The id of the last event of that chunk.
        last_event: EventId,
        /// What the target says.
        #[source]
        cause: ImportError,
    },
    /// What the target has is not the beginning of the source. It was found before anything was written behind it.
    #[error("the target does not hold the beginning of the source: {0}")]
    Differs(Difference),
    /// All was copied, and it does not stand in the target as it does in the source: somebody else has written to the
    /// target meanwhile, or it does not keep what it is given.
    #[error("the copy is not the same as the source: {0}")]
    NotVerified(Difference),
    /// Somebody is writing to one of the stores, so that it cannot be read as far as it was written. What is to be
    /// copied is copied, or will be by a call when the writer has ended, and verified then.
    #[error("the {store} is being written to and cannot be read up to position {position} yet")]
    Unsettled {
        /// `source` or `target`.
        store: &'static str,
        /// A position up to which it was written.
        position: Position,
    },
}

impl TransferError {
    /// Whether the same call may succeed later. An unknown outcome is such: the next call looks first.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Source(error) | Self::Target(error) => error.is_transient(),
            Self::Import { cause, .. } => cause.is_transient(),
            Self::OutcomeUnknown { .. } | Self::Unsettled { .. } => true,
            Self::Differs(_) | Self::NotVerified(_) => false,
        }
    }
}

/// The first event that is not the same in two logs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// How many events before it are the same in both.
    pub same: u64,
    /// The event in the source; `None` when the source has no more.
    pub source: Option<EventAddress>,
    /// The event in the target; `None` when the target has no more.
    pub target: Option<EventAddress>,
    /// What of it is not the same: `id`, `stream`, `version`, `name`, `schema version`, `payload`, `metadata`, `occurred_at`
    /// or `recorded_at`; `end` when one of the two has no more.
    pub what: &'static str,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { same, source, target, what } = self;
        let side =
            |f: &mut fmt::Formatter<'_>, name: &str, event: &Option<EventAddress>| match event {
                Some(event) => {
                    write!(f, "the {name} has event {} at position {}", event.id, event.position)
                }
                None => write!(f, "the {name} has no more"),
            };
        write!(f, "after {same} that are the same, ")?;
        side(f, "source", source)?;
        f.write_str(" and ")?;
        side(f, "target", target)?;
        if source.is_some() && target.is_some() {
            write!(f, ", which differ in their {what}")?;
        }
        Ok(())
    }
}
