//! Code that turns the log into data that is convenient to read.

use std::error::Error;

use thiserror::Error;

use crate::column::Table;
use crate::dispatch::EventContext;
use crate::error::{Cause, ReplayError, StoreError};
use crate::event_type::EventType;
use crate::read_model::ReadModelBackend;
use crate::record::StoredEvent;
use crate::store::BoxFuture;
use crate::unit_of_work::UnitOfWork;

/// Builds a read model from events: `#[projection]` implements it.
///
/// An implementation must handle every event named in `SUBSCRIBED_TO`, may be given others and must ignore them,
/// must be the only one that writes to its read models,
/// and must not keep effects of its own that a rolled-back batch could not undo, unless it is run with
/// `Projector::in_memory`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection",
    label = "not a projection",
    note = "write `#[projection(name = \"…\")]` on an `impl {Self}` block with `#[handles(Event)]` methods"
)]
pub trait Projection: Send + 'static {
    /// The name under which its checkpoint is kept.
    const NAME: &'static str;
    /// Raised when its read models must be built anew: a new version has its own checkpoint, begins at the beginning of
    /// the log, and builds tables of its own (`orders` of version 2 is `orders_v2`) while the old version serves.
    const VERSION: u32 = 1;
    /// The tables of the read models that its handlers write; rows of others are refused.
    const READ_MODELS: &'static [&'static Table] = &[];
    /// The types of the events it handles, for listings such as [`EventRegistry`](crate::EventRegistry).
    const EVENTS: &'static [EventType] = &[];
    /// The stored names of the events it handles, those of before included: stores filter the log by it.
    const SUBSCRIBED_TO: &'static [&'static str];

    /// Handles one event; the events come by rising position, each once.
    ///
    /// # Errors
    /// [`ProjectionError`]: the batch is rolled back.
    fn handle<'a>(
        &'a mut self,
        event: &'a StoredEvent,
        batch: &'a mut Batch<'_>,
    ) -> BoxFuture<'a, Result<(), ProjectionError>>;

    /// Empties what its handlers have written with SQL of their own; [`READ_MODELS`](Self::READ_MODELS) are emptied without it.
    /// Called when the projection is reset or rebuilt, in the transaction that sets its checkpoint back. It adds no rows to them: a
    /// rebuild takes them to be empty.
    ///
    /// # Errors
    /// [`ProjectionError`]: nothing is reset.
    fn reset<'a>(&'a mut self, _: &'a mut Reset<'_>) -> BoxFuture<'a, Result<(), ProjectionError>> {
        let nothing = Self::READ_MODELS.is_empty();
        let done = if nothing { Err(ProjectionError::NothingToReset) } else { Ok(()) };
        Box::pin(std::future::ready(done))
    }
}

/// What a projection can reach while it is reset: the transaction.
pub struct Reset<'a> {
    pub(crate) backend: &'a mut dyn ReadModelBackend,
}

impl Reset<'_> {
    /// The store's own transaction, for adapters that offer it: `None` when it is of another type.
    pub fn transaction<T: 'static>(&mut self) -> Option<&mut T> {
        self.backend.transaction().downcast_mut()
    }
}

impl std::fmt::Debug for Reset<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reset").finish_non_exhaustive()
    }
}

/// A type that the `#[reset]` method of a projection may take as its parameter.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the parameter of a projection's `#[reset]` method",
    note = "take nothing, or the context of a store, such as `&mut PgReset<'_>`"
)]
pub trait FromReset<'a>: Sized {
    /// Borrows it.
    ///
    /// # Errors
    /// [`ProjectionError::Context`] when the store that runs the projection does not offer it.
    fn from_reset(reset: &'a mut Reset<'_>) -> Result<Self, ProjectionError>;
}

/// For stores that have no context of their own.
impl<'a> FromReset<'a> for Reset<'a> {
    fn from_reset(reset: &'a mut Reset<'_>) -> Result<Self, ProjectionError> {
        Ok(Self { backend: &mut *reset.backend })
    }
}

/// A handler could not do its work, or its work could not be stored.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum ProjectionError {
    /// The event does not fit its type.
    #[error("an event cannot be handled")]
    Event(#[from] ReplayError),
    /// The store failed.
    #[error("the read model cannot be stored")]
    Store(#[from] StoreError),
    /// The handler asks for something that the store it runs on does not have.
    #[error(
        "the handler's parameter `{context}` needs another store than the one the projection runs on"
    )]
    Context {
        /// The parameter's type.
        context: &'static str,
    },
    /// A row does not fit its table or its type.
    #[error("a row of `{table}` cannot be converted")]
    Row {
        /// The table.
        table: &'static str,
        /// Why not.
        #[source]
        cause: Cause,
    },
    /// A query names a column that the table does not have, or compares one with what it cannot hold.
    #[error("a query of `{table}` cannot be answered: its column `{column}` {problem}")]
    Query {
        /// The table.
        table: &'static str,
        /// The column, as it was named.
        column: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The handler wrote rows of a read model that the projection does not declare.
    #[error("add the read model of table `{table}` to `#[projection(read_models(..))]`")]
    Undeclared {
        /// The table.
        table: &'static str,
    },
    /// The projection is to be emptied, but says of nothing that it has written it.
    #[error("declare what the projection writes by `read_models(..)` or a `#[reset]` method")]
    NothingToReset,
    /// The handler panicked.
    #[error("the handler panicked: {message}")]
    Panicked {
        /// What it said.
        message: String,
    },
    /// The handler took longer than it may.
    #[error("the handler took longer than {limit:?}")]
    TimedOut {
        /// How long it may take.
        limit: std::time::Duration,
    },
    /// Earlier attempts at the event did not come back: each time the process ended first.
    #[error("the process ended in each of {attempts} attempts to handle the event")]
    NeverCameBack {
        /// How many attempts there were.
        attempts: u32,
    },
    /// The handler's own error.
    #[error(transparent)]
    Handler(Cause),
}

impl ProjectionError {
    /// A handler's own error. `?` cannot do this for every error type; `.map_err(ProjectionError::handler)` can.
    pub fn handler(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Handler(Cause::new(error))
    }

    /// Whether the same batch may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}

/// Which tables a projection may write, and in which version they are its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tables {
    pub(crate) declared: &'static [&'static Table],
    pub(crate) version: u32,
}

impl Tables {
    pub(crate) const fn of<P: Projection>() -> Self {
        Self { declared: P::READ_MODELS, version: P::VERSION }
    }
}

/// What a handler can reach while one event of a batch is handled: the event's envelope and the batch's transaction.
pub struct Batch<'a> {
    pub(crate) event: &'a StoredEvent,
    pub(crate) tables: Tables,
    pub(crate) streams: &'a [uuid::Uuid],
    pub(crate) backend: &'a mut dyn ReadModelBackend,
    pub(crate) unit: &'a mut UnitOfWork,
}

impl Batch<'_> {
    /// The event that is handled.
    pub const fn event(&self) -> &StoredEvent {
        self.event
    }

    /// The store's own transaction, for adapters that offer it to handlers: `None` when it is of another type.
    pub fn transaction<T: 'static>(&mut self) -> Option<&mut T> {
        self.event_and_transaction().1
    }

    /// Both at once, for adapters whose context offers both.
    pub fn event_and_transaction<T: 'static>(&mut self) -> (&StoredEvent, Option<&mut T>) {
        self.unit.share();
        (self.event, self.backend.transaction().downcast_mut())
    }
}

impl std::fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("event", &self.event.id).finish_non_exhaustive()
    }
}

/// A type that a projection's handler may take as its second parameter.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the second parameter of a projection's handler",
    note = "take `&EventContext`, `&mut ReadModels<'_>`, or the context of a store, such as `&mut PgContext<'_>`"
)]
pub trait FromBatch<'a>: Sized {
    /// Borrows it from the batch.
    ///
    /// # Errors
    /// [`ProjectionError::Context`] when the store that runs the projection does not offer it.
    fn from_batch(batch: &'a mut Batch<'_>) -> Result<Self, ProjectionError>;
}

impl<'a> FromBatch<'a> for EventContext<'a> {
    fn from_batch(batch: &'a mut Batch<'_>) -> Result<Self, ProjectionError> {
        Ok(EventContext::of(batch.event))
    }
}
