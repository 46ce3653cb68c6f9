//! Runs one projection: read a page, handle it, write rows and checkpoint together.

use std::fmt;

use crate::checkpoint::{Checkpoint, ProjectionPart};
use crate::column::Table;
use crate::error::StoreError;
use crate::no_read_models::NoReadModels;
use crate::projection::{Batch, Projection, ProjectionError, Tables};
use crate::projection_store::{BatchStart, ProjectionBatch as _};
use crate::read_model::ReadModelBackend;
use crate::record::StoredEvent;
use crate::store::LogQuery;
use crate::subscription_store::{Promotion, SubscriptionStore};
use crate::unit_of_work::{UnitOfWork, streams_of};
use crate::version::Position;

/// How far a projection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Progress {
    /// How many events were handled by this call.
    pub events: u64,
    /// Every event up to here that the projection subscribes to is in its read models.
    pub position: Position,
}

/// Brings one projection up to date with the log of a store, when it is told to: for tests, and for programs that do so
/// at a moment of their own. [`SubscriptionManager`](crate::subscription::SubscriptionManager) does it all the time. A projection's tables are
/// made first, or get the columns that they lack.
///
/// ```
/// # use es_core::prelude::*;
/// # #[derive(Serialize, Deserialize, Event)] struct Withdrawn { cents: i64 }
/// #[derive(Default)]
/// struct Withdrawals { cents: i64 }
///
/// #[projection(name = "withdrawals")]
/// impl Withdrawals {
///     #[handles(Withdrawn)]
///     fn withdrawn(&mut self, event: &Withdrawn) { self.cents += event.cents; }
/// }
///
/// # async fn run(store: MemoryStore) -> Result<(), ProjectionError> {
/// let mut withdrawals = Projector::in_memory(store, Withdrawals::default());
/// withdrawals.catch_up().await?;
/// println!("{}", withdrawals.projection().cents);
/// # Ok(()) }
/// ```
pub struct Projector<P, S> {
    store: S,
    projection: P,
    batch_size: usize,
    in_memory: bool,
    has_tables: bool,
    checkpoint: Option<Checkpoint>,
}

impl<P: Projection, S: SubscriptionStore> Projector<P, S> {
    /// A projection whose read models are in the store. Each batch is one transaction with the checkpoint in it, so
    /// every event takes effect exactly once, also when the process is killed in the middle.
    pub const fn new(store: S, projection: P) -> Self {
        let checkpoint = None;
        Self { store, projection, batch_size: 500, in_memory: false, has_tables: false, checkpoint }
    }

    /// A projection whose read model is the struct itself: it begins at the beginning of the log each time.
    pub const fn in_memory(store: S, projection: P) -> Self {
        let checkpoint = Some(Checkpoint { position: Position::START, event: None });
        Self { store, projection, batch_size: 500, in_memory: true, has_tables: true, checkpoint }
    }

    /// Sets how many events one batch holds; 500 unless set, at least 1.
    #[must_use]
    pub fn batch_size(mut self, events: usize) -> Self {
        self.batch_size = events.max(1);
        self
    }

    /// The projection, to be queried.
    pub const fn projection(&self) -> &P {
        &self.projection
    }

    /// Handles everything that is settled in the log when the call is made.
    ///
    /// Dropping the future rolls the batch under way back; the next call begins with it again. In memory there is
    /// nothing to roll back: the event under way is handled again, so let its handler change the state last.
    ///
    /// # Errors
    /// [`ProjectionError`] of the first event that cannot be handled. The batches before it stay; its own batch is
    /// rolled back (an in-memory projection keeps the events before it).
    pub async fn catch_up(&mut self) -> Result<Progress, ProjectionError> {
        let target = self.store.settled().await?;
        let mut done = Progress::default();
        loop {
            let batch = self.run_batch().await?;
            done = Progress { events: done.events + batch.events, position: batch.position };
            if batch.position >= target {
                self.serve().await?;
                return Ok(done);
            }
        }
    }

    /// What a version after the first has built is seen under the read models' names once it is whole.
    async fn serve(&mut self) -> Result<(), ProjectionError> {
        if self.in_memory || P::VERSION == 1 {
            return Ok(());
        }
        let built = |table: &&'static Table| Promotion::new(table, table.of_version(P::VERSION));
        let tables: Vec<_> = P::READ_MODELS.iter().map(built).collect();
        Ok(self.store.promote(P::NAME, P::VERSION, &tables).await?)
    }

    async fn ensure_tables(&mut self) -> Result<(), ProjectionError> {
        if !self.has_tables {
            for table in P::READ_MODELS {
                self.store.ensure_table(table.of_version(P::VERSION)).await?;
            }
            self.has_tables = true;
        }
        Ok(())
    }

    /// Handles one batch: up to `batch_size` events, fewer at the end of the log.
    ///
    /// # Errors
    /// As [`catch_up`](Self::catch_up).
    pub async fn run_batch(&mut self) -> Result<Progress, ProjectionError> {
        if self.in_memory { self.run_in_memory().await } else { self.run_in_store().await }
    }

    async fn run_in_memory(&mut self) -> Result<Progress, ProjectionError> {
        let mut checkpoint = self.checkpoint.unwrap_or_default();
        let page = self.store.read_log(query::<P>(checkpoint), self.batch_size).await?;
        let mut backend = NoReadModels;
        for event in &page.events {
            let mut unit = UnitOfWork::default();
            let mut batch = Batch {
                event,
                tables: Tables::of::<P>(),
                streams: &[],
                backend: &mut backend,
                unit: &mut unit,
            };
            self.projection.handle(event, &mut batch).await?;
            unit.flush(&mut backend).await?;
            checkpoint = Checkpoint { position: event.position, event: Some(event.id) };
            self.checkpoint = Some(checkpoint);
        }
        self.checkpoint = Some(Checkpoint { position: page.through, ..checkpoint });
        Ok(Progress { events: page.events.len() as u64, position: page.through })
    }

    async fn run_in_store(&mut self) -> Result<Progress, ProjectionError> {
        self.ensure_tables().await?;
        let part = ProjectionPart::whole(P::NAME, P::VERSION);
        // The page is read before the transaction is opened, so that one batch never needs two connections at once.
        let from = if let Some(known) = self.checkpoint {
            known
        } else {
            let found = self.store.checkpoint(&part).await?;
            self.store.fits(&part, found).await?;
            found
        };
        let page = self.store.read_log(query::<P>(from), self.batch_size).await?;
        if page.through <= from.position {
            self.checkpoint = Some(from);
            return Ok(Progress { events: 0, position: from.position });
        }
        // Known again only after the commit: whatever goes wrong, the next batch asks the store where it stands.
        self.checkpoint = None;
        let start = BatchStart::new(part.clone(), from, None);
        let mut batch = self.store.begin_batch(start).await?;
        if let Err(error) = self.handle_page(&page.events, batch.backend()).await {
            drop(batch);
            // Two workers may handle one event at once, and what the other one has committed is in this one's way.
            return match self.store.checkpoint(&part).await {
                Ok(now) if now != from => Ok(Progress { events: 0, position: from.position }),
                _ => Err(error),
            };
        }
        let last = page.events.last().map(|event| event.id);
        let checkpoint = Checkpoint { position: page.through, event: last.or(from.event) };
        match batch.commit(checkpoint).await {
            // Another worker was faster, and nothing of this batch is stored: the next one begins where that one is.
            Err(StoreError::CheckpointMoved { .. }) => {
                return Ok(Progress { events: 0, position: from.position });
            }
            done => done?,
        }
        self.checkpoint = Some(checkpoint);
        Ok(Progress { events: page.events.len() as u64, position: page.through })
    }

    async fn handle_page(
        &mut self,
        events: &[StoredEvent],
        backend: &mut dyn ReadModelBackend,
    ) -> Result<(), ProjectionError> {
        let streams = streams_of(events);
        let mut unit = UnitOfWork::default();
        for event in events {
            let mut batch = Batch {
                event,
                tables: Tables::of::<P>(),
                streams: &streams,
                backend: &mut *backend,
                unit: &mut unit,
            };
            self.projection.handle(event, &mut batch).await?;
        }
        unit.flush(backend).await
    }
}

const fn query<P: Projection>(from: Checkpoint) -> LogQuery<'static> {
    LogQuery::after(from.position).names(P::SUBSCRIBED_TO)
}

impl<P: Projection, S: fmt::Debug> fmt::Debug for Projector<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Projector")
            .field("projection", &P::NAME)
            .field("store", &self.store)
            .field("checkpoint", &self.checkpoint)
            .finish_non_exhaustive()
    }
}
