//! What a store must do to keep read models: tables, and batches that commit rows and checkpoint together.

use std::future::Future;
use std::time::Duration;

use crate::checkpoint::{Checkpoint, Epoch, ProjectionPart};
use crate::column::Table;
use crate::dead_letter::DeadLetter;
use crate::error::StoreError;
use crate::projection::ProjectionError;
use crate::read_model::{ReadModelBackend, RowSelection};
use crate::row::FoundRow;
use crate::row_query::ResolvedQuery;
use crate::store::EventStore;
use crate::version::Position;

/// What a batch starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchStart {
    /// Whose batch it is.
    pub part: ProjectionPart,
    /// Where the projection stands, as far as the worker knows: the commit fails when it stands elsewhere by then.
    pub from: Checkpoint,
    /// The worker's lease, if it has one: the commit fails when somebody has taken over by then.
    pub epoch: Option<Epoch>,
    /// How long the worker may be silent in the middle of the batch. A store whose rows are locked by the batch rolls
    /// it back then, so that a process that was stopped does not keep the one who takes over from them.
    pub idle_limit: Option<Duration>,
}

impl BatchStart {
    /// A batch of `part` from a checkpoint.
    pub const fn new(part: ProjectionPart, from: Checkpoint, epoch: Option<Epoch>) -> Self {
        Self { part, from, epoch, idle_limit: None }
    }

    /// Sets how long the worker may be silent in the middle of the batch; unless set, as long as it likes.
    #[must_use]
    pub const fn idle_limit(mut self, limit: Duration) -> Self {
        self.idle_limit = Some(limit);
        self
    }
}

/// A store that can also keep read models, and checkpoints in the same transaction.
pub trait ProjectionStore: EventStore {
    /// An open transaction for one batch of one projection.
    type Batch: ProjectionBatch;

    /// Makes the table of a read model, or adds the columns that it lacks; many may do so at once. With nothing to do it
    /// changes nothing and needs no right to.
    ///
    /// A column that must be filled in is added only while there are no rows. A column that the read model does not know
    /// is left alone when it may be empty or has a default, so that an older program runs beside a newer one.
    ///
    /// # Errors
    /// [`StoreError::TableDiffers`] when the table differs in another way, [`StoreError::TableDenied`] when the program
    /// has no right to make or change it.
    fn ensure_table(
        &self,
        table: &'static Table,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Where a part of a projection stands; the beginning when it never ran.
    ///
    /// # Errors
    /// [`StoreError::ForeignCheckpoint`] when it is of another store, [`StoreError::Parts`] when the projection was split in
    /// another way.
    fn checkpoint(
        &self,
        part: &ProjectionPart,
    ) -> impl Future<Output = Result<Checkpoint, StoreError>> + Send;

    /// Looks whether a checkpoint fits the log, as it does unless the log was replaced or put back to an earlier time.
    ///
    /// # Errors
    /// [`StoreError::ForeignCheckpoint`] when the log ends before it, or does not have its event.
    fn fits(
        &self,
        part: &ProjectionPart,
        checkpoint: Checkpoint,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Opens a batch. Of two that start from the same checkpoint at most one commits. No lock is held before the commit
    /// but on what the handlers write, so that a worker who is stopped in the middle keeps nobody from taking over; see
    /// also [`BatchStart::idle_limit`]. A handler may fail because another worker has just done the same: when the
    /// checkpoint, or the lease, is no longer what it was, its error means nothing.
    ///
    /// # Errors
    /// [`StoreError`] when no transaction can be opened.
    fn begin_batch(
        &self,
        start: BatchStart,
    ) -> impl Future<Output = Result<Self::Batch, StoreError>> + Send;

    /// Opens a batch of a projection that nobody holds a lease on, from where it stands.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint) and [`begin_batch`](Self::begin_batch).
    fn begin(
        &self,
        name: &str,
        version: u32,
    ) -> impl Future<Output = Result<Self::Batch, StoreError>> + Send {
        async move {
            let part = ProjectionPart::whole(name, version);
            let from = self.checkpoint(&part).await?;
            self.begin_batch(BatchStart::new(part, from, None)).await
        }
    }

    /// Rows of a read model as JSON objects, outside any batch.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    fn read_rows(
        &self,
        table: &'static Table,
        select: RowSelection<'_>,
    ) -> impl Future<Output = Result<Vec<FoundRow>, StoreError>> + Send;

    /// How many rows of a read model match, whatever the query's limit and offset are.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be counted.
    fn count_rows(
        &self,
        table: &'static Table,
        query: &ResolvedQuery,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Whether the same batch may succeed later. A store looks for its driver's errors among the causes of a handler's
    /// error, so that a handler's own SQL need not tell a broken connection from a wrong statement.
    fn is_transient(&self, error: &ProjectionError) -> bool {
        error.is_transient()
    }
}

/// One transaction of a projection. Dropped without [`commit`](Self::commit) it leaves nothing behind.
pub trait ProjectionBatch: Send + Sync + 'static {
    /// The checkpoint that this batch starts from.
    fn checkpoint(&self) -> Checkpoint;

    /// Where the handlers' read models go.
    fn backend(&mut self) -> &mut dyn ReadModelBackend;

    /// Keeps an event aside, in the batch's transaction. One that is there already gets the new attempts, error and
    /// state, and no longer asks for a retry; one that was discarded stays so.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be kept.
    fn bury(&mut self, letter: &DeadLetter) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Takes an event out of the dead letters, in the batch's transaction: it has been handled.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be taken out.
    fn unbury(&mut self, position: Position)
    -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Saves the checkpoint and commits everything together. Extends the lease that the batch was opened under to its
    /// whole duration, and forgets the attempts that were counted before this position.
    ///
    /// # Errors
    /// [`StoreError::CheckpointMoved`] when the projection no longer stands where the batch began, or the lease was taken
    /// over. Any other [`StoreError`] when the commit failed: then nothing is stored, unless the connection
    /// broke during the commit itself; then all is, or nothing.
    fn commit(self, checkpoint: Checkpoint) -> impl Future<Output = Result<(), StoreError>> + Send;
}
