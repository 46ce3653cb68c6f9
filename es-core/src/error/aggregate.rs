//! What loading, saving and commanding an aggregate can fail with.

use thiserror::Error;

use super::{AppendError, Cause, EncodeError, Invalid, StoreError};
use crate::event::SchemaVersion;
use crate::id::StreamId;
use crate::inline::InlineError;
use crate::name::EventName;
use crate::projection::ProjectionError;
use crate::upcast::UpcastError;
use crate::version::Version;

/// A stored or recorded event does not fit the aggregate it is replayed on.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The aggregate neither handles nor ignores it.
    #[error(
        "event `{event}` is neither handled nor ignored by `{aggregate}`: add `#[handles(..)]` for its type, or list it in `ignores(..)`"
    )]
    UnknownEvent {
        /// The event's stored name.
        event: EventName,
        /// The aggregate's stored name.
        aggregate: &'static str,
    },
    /// Its JSON does not fit the type.
    #[error("event `{event}` cannot be decoded as `{rust_type}`")]
    Decode {
        /// The event's stored name.
        event: EventName,
        /// The Rust type it was decoded as.
        rust_type: &'static str,
        /// What serde says.
        #[source]
        cause: Cause,
    },
    /// It was written by a newer program.
    #[error("event `{event}` has schema version {found}, this program knows up to {known}")]
    NewerSchema {
        /// The event's stored name.
        event: EventName,
        /// The version stored.
        found: SchemaVersion,
        /// The newest version known here.
        known: SchemaVersion,
    },
    /// It was written by an older program and nothing says how to bring it up to date.
    #[error("event `{event}` has schema version {found} and nothing brings it to {known}")]
    OlderSchema {
        /// The event's stored name.
        event: EventName,
        /// The version stored.
        found: SchemaVersion,
        /// The version needed.
        known: SchemaVersion,
    },
    /// It was written by an older program, and an upcaster could not bring it up to date.
    #[error("event `{event}` cannot be brought from schema version {found} to {known}")]
    Upcast {
        /// The event's stored name.
        event: EventName,
        /// The version stored.
        found: SchemaVersion,
        /// The version needed.
        known: SchemaVersion,
        /// What is wrong with it.
        #[source]
        cause: UpcastError,
    },
    /// The stream begins with an event whose handler takes `&mut self`.
    #[error("event `{event}` cannot begin a stream of `{aggregate}`")]
    NotBegun {
        /// The event's stored name.
        event: &'static str,
        /// The aggregate's stored name.
        aggregate: &'static str,
    },
    /// An event whose handler has no receiver comes a second time.
    #[error("event `{event}` begins a stream of `{aggregate}`, but this one has begun already")]
    BegunTwice {
        /// The event's stored name.
        event: &'static str,
        /// The aggregate's stored name.
        aggregate: &'static str,
    },
    /// It is an event of another stream.
    #[error("it is an event of stream {found}")]
    OtherStream {
        /// The stream it belongs to.
        found: StreamId,
    },
    /// A version is missing or comes twice.
    #[error("version {expected} should come next, found {found}")]
    Hole {
        /// The version that had to come.
        expected: Version,
        /// The version that came.
        found: Version,
    },
}

/// An aggregate could not be loaded.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// There is no such stream (or none yet at the version or time asked for).
    #[error("{stream} does not exist")]
    NotFound {
        /// The stream.
        stream: StreamId,
    },
    /// The stream exists, but all of its events are unknown to the aggregate and passed over
    /// ([`UnknownEvents::Ignore`](crate::UnknownEvents)): none begins it.
    #[error("{stream} is at version {version}, but nothing that its aggregate knows begins it")]
    NotBegun {
        /// The stream.
        stream: StreamId,
        /// The version of the last event that was passed over.
        version: Version,
    },
    /// The stream holds something that the aggregate cannot replay.
    #[error("stream {stream} cannot be replayed at version {version}")]
    Replay {
        /// The stream.
        stream: StreamId,
        /// The version of the event that does not fit.
        version: Version,
        /// What is wrong with it.
        #[source]
        cause: ReplayError,
    },
    /// The category breaks the rule for names.
    #[error("the aggregate cannot be named so")]
    Name(#[source] Invalid),
    /// The store could not read it.
    #[error("the stream could not be read")]
    Store(#[from] StoreError),
}

impl LoadError {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}

/// Recorded events could not be saved.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum SaveError {
    /// `create` found a stream.
    #[error("{stream} exists already")]
    AlreadyExists {
        /// The stream.
        stream: StreamId,
    },
    /// An event cannot be written.
    #[error("event `{event}` cannot be written")]
    Encode {
        /// The event's name.
        event: &'static str,
        /// Why not.
        #[source]
        cause: EncodeError,
    },
    /// The aggregate could not replay what was to be recorded. Nothing was written.
    #[error("the recorded events do not fit {stream}")]
    Replay {
        /// The stream.
        stream: StreamId,
        /// What does not fit.
        #[source]
        cause: ReplayError,
    },
    /// The category breaks the rule for names.
    #[error("the aggregate cannot be named so")]
    Name(#[source] Invalid),
    /// The store did not append.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// A projection that runs inside the append could not handle the events. Nothing was written.
    #[error("projection `{projection}` cannot handle what is to be saved")]
    Inline {
        /// The projection.
        projection: &'static str,
        /// Why not.
        #[source]
        cause: ProjectionError,
    },
}

impl From<InlineError> for SaveError {
    fn from(error: InlineError) -> Self {
        match error {
            InlineError::Append(error) => Self::Append(error),
            InlineError::Projection { projection, cause } => Self::Inline { projection, cause },
        }
    }
}

impl SaveError {
    /// Whether loading again and deciding anew can help.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Append(error) if error.is_conflict())
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Append(error) => error.is_transient(),
            Self::Inline { cause, .. } => cause.is_transient(),
            _ => false,
        }
    }
}

/// A command did not go through: refused by the domain, or not carried out.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum ExecuteError<D> {
    /// The decision said no: the domain's own error.
    #[error(transparent)]
    Domain(D),
    /// The aggregate could not be loaded.
    #[error(transparent)]
    Load(LoadError),
    /// The events could not be saved (a conflict only when the retries are used up).
    #[error(transparent)]
    Save(SaveError),
}

impl<D> ExecuteError<D> {
    /// Whether other writers kept winning until the retries were used up.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Save(error) if error.is_conflict())
    }

    /// Whether the same command may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Domain(_) => false,
            Self::Load(error) => error.is_transient(),
            Self::Save(error) => error.is_transient(),
        }
    }

    /// The domain's own error, if that is what it is.
    pub fn domain(self) -> Option<D> {
        match self {
            Self::Domain(error) => Some(error),
            _ => None,
        }
    }
}

// So that `create`, `load` and `execute` can stand one after the other in a function that returns `ExecuteError`.
impl<D> From<LoadError> for ExecuteError<D> {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

impl<D> From<SaveError> for ExecuteError<D> {
    fn from(error: SaveError) -> Self {
        Self::Save(error)
    }
}
