//! Projections that run inside the append: what they write is there as soon as the command is answered.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use thiserror::Error;

use crate::error::AppendError;
use crate::projection::{Batch, Projection, ProjectionError, Tables};
use crate::projection_store::ProjectionStore;
use crate::read_model::ReadModelBackend;
use crate::record::{NewEvent, StoredEvent};
use crate::rows::UnitOfWork;
use crate::store::{Appended, BoxFuture, StreamAppend};

/// A store that can run projections in the transaction of an append, as `Repository::with_inline` asks for.
///
/// An implementation must
/// - give the handlers the events as they are stored: version, position and time of recording included;
/// - commit the events and all rows together, or neither;
/// - let no update be lost when appends to different streams change one row at the same time: of two that read a row
///   and write it, one must see what the other wrote, also when the row did not exist;
/// - as any append, never call an unknown outcome a failure.
///
/// It may run the handlers more than once, each time from the beginning, with what they had written undone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot run projections inside an append",
    note = "use `MemoryStore` or `PgStore` itself, not behind an `Arc`: their clones share one store"
)]
pub trait InlineStore: ProjectionStore {
    /// Appends to one stream and runs the projections on what is appended, in one transaction.
    ///
    /// # Errors
    /// [`InlineError::Projection`] when a handler fails or panics, or what it wrote cannot be stored: then nothing is.
    /// [`InlineError::Append`] as [`EventStore::append`](crate::EventStore::append).
    fn append_inline(
        &self,
        append: StreamAppend,
        projections: &InlineProjections,
    ) -> impl Future<Output = Result<Appended, InlineError>> + Send;
}

/// An append with projections in it did not go through. Nothing is stored, unless the outcome is unknown.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum InlineError {
    /// The store did not append.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// A projection could not handle the events.
    #[error("projection `{projection}` cannot handle what is appended")]
    Projection {
        /// The projection.
        projection: &'static str,
        /// Why not.
        #[source]
        cause: ProjectionError,
    },
}

impl InlineError {
    /// Whether loading again and deciding anew can help.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Append(error) if error.is_conflict())
    }
}

/// The projections that run inside an append, in the order in which they were added. Clones share them.
///
/// ```
/// # use es_core::{InlineProjections, InlineStore, StreamAppend, prelude::*};
/// # #[derive(Serialize, Deserialize, Event)] struct Withdrawn { cents: i64 }
/// #[derive(Clone)]
/// struct Withdrawals;
///
/// #[projection(name = "withdrawals")]
/// impl Withdrawals {
///     #[handles(Withdrawn)]
///     fn withdrawn(&self, event: &Withdrawn) { println!("{} cents are gone", event.cents); }
/// }
///
/// # async fn run(store: MemoryStore, append: StreamAppend) -> Result<(), es_core::InlineError> {
/// let projections = InlineProjections::new().with(Withdrawals);
/// store.append_inline(append, &projections).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct InlineProjections(Vec<Arc<dyn Inline>>);

impl InlineProjections {
    /// None.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one. Every append gets a clone of it, so what a handler changes in the struct is gone after that append.
    #[must_use]
    pub fn with<P: Projection + Clone + Sync>(mut self, projection: P) -> Self {
        self.0.push(Arc::new(projection));
        self
    }

    /// Whether any of them handles any of these events. If none does, there is nothing to run.
    pub fn want(&self, events: &[NewEvent]) -> bool {
        let names = || events.iter().map(|event| event.name.as_str());
        self.0.iter().any(|projection| names().any(|name| projection.wants(name)))
    }

    /// Runs all of them on what has been appended, each on the events it subscribes to, and writes their rows; adapters
    /// only. Whoever calls it commits afterwards, or rolls back when it fails.
    ///
    /// # Errors
    /// [`InlineError::Projection`] of the first that fails. A panic is [`ProjectionError::Panicked`].
    pub async fn run(
        &self,
        events: &[StoredEvent],
        backend: &mut dyn ReadModelBackend,
    ) -> Result<(), InlineError> {
        for projection in &self.0 {
            // What a panic leaves half done is the clone and the rows of this append; both are given up.
            let running = AssertUnwindSafe(projection.run(events, backend)).catch_unwind();
            let ran = running.await.unwrap_or_else(|panic| {
                Err(ProjectionError::Panicked { message: panic_text(&*panic) })
            });
            let projection = projection.name();
            ran.map_err(|cause| InlineError::Projection { projection, cause })?;
        }
        Ok(())
    }
}

impl fmt::Debug for InlineProjections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|projection| projection.name())).finish()
    }
}

/// A projection of any type.
trait Inline: Send + Sync {
    fn name(&self) -> &'static str;

    fn wants(&self, event: &str) -> bool;

    fn run<'a>(
        &'a self,
        events: &'a [StoredEvent],
        backend: &'a mut dyn ReadModelBackend,
    ) -> BoxFuture<'a, Result<(), ProjectionError>>;
}

#[diagnostic::do_not_recommend]
impl<P: Projection + Clone + Sync> Inline for P {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn wants(&self, event: &str) -> bool {
        P::SUBSCRIBED_TO.contains(&event)
    }

    fn run<'a>(
        &'a self,
        events: &'a [StoredEvent],
        backend: &'a mut dyn ReadModelBackend,
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            let wanted: Vec<_> =
                events.iter().filter(|event| self.wants(event.name.as_str())).collect();
            let Some(first) = wanted.first() else { return Ok(()) };
            let streams = [first.stream.id()];
            let mut projection = self.clone();
            let mut unit = UnitOfWork::default();
            for event in wanted {
                let mut batch = Batch {
                    event,
                    tables: Tables::of::<P>(),
                    streams: &streams,
                    backend: &mut *backend,
                    unit: &mut unit,
                };
                projection.handle(event, &mut batch).await?;
            }
            unit.flush(backend).await
        })
    }
}

/// What a panic said, if it said it in words.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (None, Some(text)) => text.clone(),
        (None, None) => "something that is no text".to_owned(),
    }
}
