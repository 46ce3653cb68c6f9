//! What a store must do so that subscriptions can be run on it: leases, attempts, dead letters, wake-ups.

use std::future::Future;
use std::time::Duration;

use uuid::Uuid;

use crate::checkpoint::{Checkpoint, Epoch, ProjectionPart};
use crate::column::Table;
use crate::dead_letter::{DeadLetter, LetterSelection};
use crate::error::StoreError;
use crate::lease::{Lease, LeaseRequest, Leases};
use crate::projection_store::ProjectionStore;
use crate::store::LogQuery;
use crate::version::Position;
use crate::wake::Wakes;

/// A store that subscriptions can be run on, by any number of processes.
///
/// A projection is meant here by its name and version; its parts are told apart where that matters.
pub trait SubscriptionStore: ProjectionStore {
    /// Extends the leases that the owner has, also one that ran out if nobody has taken it over, and takes parts that nobody has, or whose lease has run out, up to the
    /// owner's share: the number of parts divided by the number of workers that have asked lately, rounded up. It never
    /// waits for a batch. Only the store's clock counts.
    ///
    /// # Errors
    /// [`StoreError::Parts`] when the projection was split in another way and has begun, [`StoreError::Superseded`] when a later version
    /// of it serves.
    fn lease(
        &self,
        request: LeaseRequest<'_>,
    ) -> impl Future<Output = Result<Leases, StoreError>> + Send;

    /// Gives a lease back. Nothing happens when it has been taken over.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be asked; the lease then runs out by itself.
    fn release(
        &self,
        name: &str,
        version: u32,
        lease: Lease,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Takes the owner off the list of workers, so that others get its share.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be asked; the list forgets it when its last lease has run out.
    fn leave(
        &self,
        name: &str,
        version: u32,
        owner: Uuid,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Counts an attempt to handle the event at `position` before it is made, durably, and gives how many there were,
    /// this one included. Only the attempts at one event are kept: those at another one are forgotten.
    ///
    /// # Errors
    /// [`StoreError::CheckpointMoved`] when the lease was taken over.
    fn note_attempt(
        &self,
        part: &ProjectionPart,
        epoch: Epoch,
        position: Position,
    ) -> impl Future<Output = Result<u32, StoreError>> + Send;

    /// The attempts that were counted and not forgotten: at which position, and how many.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be asked.
    fn attempts(
        &self,
        part: &ProjectionPart,
    ) -> impl Future<Output = Result<Option<(Position, u32)>, StoreError>> + Send;

    /// Forgets the attempts that were counted.
    ///
    /// # Errors
    /// [`StoreError::CheckpointMoved`] when the lease was taken over.
    fn forget_attempts(
        &self,
        part: &ProjectionPart,
        epoch: Epoch,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Opens a batch in which every part of the projection is back at `start`, without attempts or dead letters, and every lease
    /// is ended: whoever held one commits nothing more. Committing it makes that so; the checkpoint given to the commit is
    /// that of all parts. It may wait for batches that are about to commit, and others wait for it.
    ///
    /// # Errors
    /// [`StoreError`] when no transaction can be opened.
    fn begin_reset(
        &self,
        name: &str,
        version: u32,
        parts: u32,
        start: Checkpoint,
    ) -> impl Future<Output = Result<Self::Batch, StoreError>> + Send;

    /// The checkpoints of all parts that ever committed or were leased, by rising number; as [`checkpoint`](ProjectionStore::checkpoint), but
    /// without a look at the log.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be asked.
    fn checkpoints(
        &self,
        name: &str,
        version: u32,
    ) -> impl Future<Output = Result<Vec<(u32, Checkpoint)>, StoreError>> + Send;

    /// Dead letters by rising position.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    fn dead_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> impl Future<Output = Result<Vec<DeadLetter>, StoreError>> + Send;

    /// Asks for another attempt at open dead letters, and gives how many were meant. Whoever runs the projection makes
    /// it.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be noted.
    fn retry_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Discards open dead letters, for a reason that is kept with them, and gives how many there were.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be noted.
    fn discard_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
        reason: &str,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Makes a version of a projection the one that serves: each `serving` name becomes a view of the table that follows it,
    /// in one transaction with the end of the leases of earlier versions. These are not given out again, and batches of
    /// theirs can no longer be committed. A table that has the name until then is kept, as `<name>_v<its version>`, and the
    /// version it has is that of the one that served until then, or 1; when `built` is that table, it gets its name back. Done
    /// already is nothing to do, but for columns that were added to the table since: then the view gets them too.
    ///
    /// # Errors
    /// [`StoreError::TableDenied`] when the program has no right to change tables, [`StoreError::MissingTable`] when one is
    /// not there.
    fn promote(
        &self,
        name: &str,
        version: u32,
        tables: &[Promotion],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Drops a table that no view shows; nothing happens when there is none.
    ///
    /// # Errors
    /// [`StoreError`] when it is shown, or the program has no right to.
    fn drop_table(&self, table: &str) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// How many events match, up to what is settled.
    ///
    /// # Errors
    /// [`StoreError`] when the log cannot be read.
    fn count_log(
        &self,
        query: LogQuery<'_>,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// What readers of the log wait for at this moment, if they do: a transaction that has appended and not ended. For
    /// figures and logs.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be asked.
    fn held_up(&self) -> impl Future<Output = Result<Option<HeldUp>, StoreError>> + Send {
        std::future::ready(Ok(None))
    }

    /// Hears of appends, those of other processes as far as the store can tell.
    fn wakes(&self) -> Wakes;
}

/// What readers of the log wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldUp {
    /// For how long this process has known of it.
    pub open_for: Duration,
    /// Who may be appending, in words that an operator of the store understands.
    pub by: String,
}

impl HeldUp {
    /// Held up for so long by somebody.
    pub const fn new(open_for: Duration, by: String) -> Self {
        Self { open_for, by }
    }
}

/// A table of a version that is to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Promotion {
    /// The read model as its readers know it.
    pub serving: &'static Table,
    /// The version's own table.
    pub built: &'static Table,
}

impl Promotion {
    /// `built` is to be seen under the name of `serving`.
    pub const fn new(serving: &'static Table, built: &'static Table) -> Self {
        Self { serving, built }
    }
}
