//! What keeping a state, and taking it up again, can fail with.

use thiserror::Error;

use super::{Cause, EncodeError, StoreError};
use crate::id::StreamId;

/// A snapshot could not be made or used. Loading and saving never fail with it: events are all that they need.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The state cannot be written.
    #[error("the state cannot be written as a snapshot")]
    Encode(#[from] EncodeError),
    /// What was kept cannot be read.
    #[error("the snapshot cannot be read as the state")]
    Decode(#[source] Cause),
    /// The state is ahead of its stream.
    #[error("{stream} has recorded events that are not stored: save them first")]
    Unsaved {
        /// The stream.
        stream: StreamId,
    },
    /// The store did not keep it.
    #[error("the snapshot could not be stored")]
    Store(#[from] StoreError),
}

impl SnapshotError {
    /// What was kept cannot be read, and why; for implementations of [`trait@Snapshot`](trait@crate::Snapshot).
    pub fn decode(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Decode(Cause::new(cause))
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}

/// What [`Payload::decode`](crate::Payload::decode) says.
impl From<serde_json::Error> for SnapshotError {
    fn from(error: serde_json::Error) -> Self {
        Self::decode(error)
    }
}
