//! Subscriptions on the memory store: within one process, with the rules of several.

use uuid::Uuid;

use super::MemoryStore;
use super::batch::MemoryBatch;
use crate::checkpoint::{Checkpoint, Epoch, ProjectionPart};
use crate::dead_letter::{DeadLetter, LetterSelection, LetterState};
use crate::error::StoreError;
use crate::lease::{Lease, LeaseRequest, Leases};
use crate::projection_store::BatchStart;
use crate::store::LogQuery;
use crate::subscription_store::{Promotion, SubscriptionStore};
use crate::version::Position;
use crate::wake::Wakes;

impl SubscriptionStore for MemoryStore {
    async fn lease(&self, request: LeaseRequest<'_>) -> Result<Leases, StoreError> {
        self.inner().progress.lease(request)
    }

    async fn release(&self, name: &str, version: u32, lease: Lease) -> Result<(), StoreError> {
        self.inner().progress.release(name, version, lease);
        Ok(())
    }

    async fn leave(&self, name: &str, version: u32, owner: Uuid) -> Result<(), StoreError> {
        self.inner().progress.leave(name, version, owner);
        Ok(())
    }

    async fn note_attempt(
        &self,
        part: &ProjectionPart,
        epoch: Epoch,
        position: Position,
    ) -> Result<u32, StoreError> {
        self.inner().progress.note(part, epoch, Some(position))
    }

    async fn has_begun(&self, part: &ProjectionPart) -> Result<bool, StoreError> {
        Ok(self.inner().progress.has_begun(part))
    }

    async fn attempts(&self, part: &ProjectionPart) -> Result<Option<(Position, u32)>, StoreError> {
        Ok(self.inner().progress.attempts(part))
    }

    async fn forget_attempts(&self, part: &ProjectionPart, epoch: Epoch) -> Result<(), StoreError> {
        self.inner().progress.note(part, epoch, None).map(drop)
    }

    async fn begin_reset(
        &self,
        name: &str,
        version: u32,
        parts: u32,
        start: Checkpoint,
    ) -> Result<MemoryBatch, StoreError> {
        let whole = ProjectionPart::whole(name, version);
        let start = BatchStart::new(whole, start, None);
        Ok(MemoryBatch::resetting(self.clone(), start, parts))
    }

    async fn checkpoints(
        &self,
        name: &str,
        version: u32,
    ) -> Result<Vec<(u32, Checkpoint)>, StoreError> {
        Ok(self.inner().progress.checkpoints(name, version))
    }

    async fn dead_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        Ok(self.inner().progress.found_letters(name, version, select))
    }

    async fn retry_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> Result<u64, StoreError> {
        let asked = |letter: &mut DeadLetter| letter.retry = true;
        let meant = self.inner().progress.change_letters(name, version, select, asked);
        self.appended.wake();
        Ok(meant)
    }

    async fn discard_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
        reason: &str,
    ) -> Result<u64, StoreError> {
        let discarded = |letter: &mut DeadLetter| {
            letter.state = LetterState::Discarded;
            letter.reason = Some(reason.to_owned());
            letter.retry = false;
        };
        Ok(self.inner().progress.change_letters(name, version, select, discarded))
    }

    async fn promote(
        &self,
        name: &str,
        version: u32,
        tables: &[Promotion],
    ) -> Result<(), StoreError> {
        let mut inner = self.inner();
        let before = inner.progress.serving(name).unwrap_or(1);
        inner.tables.promote(tables, before, version)?;
        inner.progress.serve(name, version);
        Ok(())
    }

    async fn drop_table(&self, table: &str) -> Result<(), StoreError> {
        self.inner().tables.drop(table)
    }

    async fn count_log(&self, query: LogQuery<'_>) -> Result<u64, StoreError> {
        Ok(self.inner().log.count(query))
    }

    fn wakes(&self) -> Wakes {
        self.appended.listen()
    }
}
