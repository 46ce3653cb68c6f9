//! What a store can fail with: reading, and appending.

use thiserror::Error;

use super::{Cause, Invalid};
use crate::checkpoint::ProjectionPart;
use crate::id::{EventId, StreamId};
use crate::name::Category;
use crate::version::{ExpectedVersion, Version};

/// A store could not read or could not be reached.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Not reachable, overloaded or restarting: the same call may succeed later.
    #[error("the store is unavailable")]
    Unavailable(#[source] Cause),
    /// The store's schema does not fit this program.
    #[error("the schema of the store has version {found}, this program needs {needed}: {hint}")]
    Schema {
        /// The version found; 0 when there is none.
        found: i64,
        /// The version this program was built for.
        needed: i64,
        /// What to do.
        hint: &'static str,
    },
    /// Stored data that no writer of ours would have written.
    #[error("corrupt data in the store: {what}")]
    Corrupt {
        /// Where and what.
        what: String,
    },
    /// The store is set up in a way under which events could be lost.
    #[error("the store is set up unsafely: {what}")]
    Unsafe {
        /// What, and how to mend it.
        what: String,
    },
    /// The stream exists, under another category.
    #[error("stream {stream} belongs to category `{actual}`")]
    WrongCategory {
        /// The stream that was asked for.
        stream: StreamId,
        /// The category it really has.
        actual: Category,
    },
    /// The table of a read model is not there.
    #[error(
        "the read model's table `{table}` does not exist: call `ensure_read_model` at start-up"
    )]
    MissingTable {
        /// The table.
        table: &'static str,
    },
    /// The table of a read model is there, and differs in a way that adding columns does not mend.
    #[error("the table `{table}` does not fit its read model: {difference}")]
    TableDiffers {
        /// The table.
        table: &'static str,
        /// The first difference found.
        difference: String,
    },
    /// The table of a read model has to be made or changed, and this program has no right to.
    #[error(
        "this program has no right to change the table `{table}`: run `{statement}` as its owner"
    )]
    TableDenied {
        /// The table.
        table: &'static str,
        /// What has to be done, in the store's language.
        statement: String,
        /// What the store says.
        #[source]
        cause: Cause,
    },
    /// A projection that keeps its state in its own struct asked for rows.
    #[error(
        "rows of `{table}` were asked for by a projection that runs in memory: use `subscribe`, or `Projector::new`"
    )]
    NoReadModels {
        /// The table.
        table: &'static str,
    },
    /// Another worker has moved the projection's checkpoint during the batch. Nothing was written.
    #[error("another worker has moved the checkpoint of projection `{projection}`")]
    CheckpointMoved {
        /// The projection.
        projection: String,
    },
    /// A checkpoint that does not fit the log: the database was restored, replaced, or put back to an earlier time.
    #[error(
        "the checkpoint of projection {projection} does not fit this log: {what}; reset the projection, or bring back \
         the log that it was built from"
    )]
    ForeignCheckpoint {
        /// The projection.
        projection: ProjectionPart,
        /// What does not fit.
        what: String,
    },
    /// The projection has begun with another number of parts.
    #[error(
        "projection `{projection}` is split into {found} parts in the store, not {asked}: reset it to change that"
    )]
    Parts {
        /// The projection.
        projection: String,
        /// The number of parts in the store.
        found: u32,
        /// The number asked for.
        asked: u32,
    },
    /// Another version of the projection serves now; this one is not run any more.
    #[error("version {version} of projection `{projection}` no longer serves: version {by} does")]
    Superseded {
        /// The projection.
        projection: String,
        /// The version that was to be run.
        version: u32,
        /// The version that serves.
        by: u32,
    },
    /// Anything else the store or its driver says.
    #[error("the store failed")]
    Other(#[source] Cause),
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Events could not be appended, or it is not known whether they were.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Somebody else was there first. Nothing was written.
    #[error("conflict on stream {stream}: expected {expected}, found version {actual}")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// What the writer believed.
        expected: ExpectedVersion,
        /// The version found; 0 means no stream.
        actual: Version,
    },
    /// Refused before anything was sent. Nothing was written.
    #[error("the append was refused")]
    Invalid(#[from] Invalid),
    /// An event with this id is stored already. Nothing was written.
    #[error("event {event} is stored already")]
    DuplicateEvent {
        /// The id.
        event: EventId,
    },
    /// The store lost the connection and could not learn what became of the events: they may or may not be stored.
    #[error("it is not known whether the append to {stream} was stored")]
    OutcomeUnknown {
        /// The stream.
        stream: StreamId,
        /// The id of the first event, by which the outcome can be looked up later.
        first_event: EventId,
        /// What broke.
        #[source]
        cause: Cause,
    },
    /// The store failed before anything was written.
    #[error("the append failed")]
    Store(#[from] StoreError),
}

impl AppendError {
    /// Whether loading again and deciding anew can help.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    /// Whether the same call may succeed later. An unknown outcome is not transient: look first, then decide.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}
