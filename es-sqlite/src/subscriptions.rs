//! Subscriptions: what the contract of es-core asks for, kept by the modules that do the work.

use es_core::{
    Checkpoint, DeadLetter, Epoch, Lease, LeaseRequest, Leases, LetterSelection, LogQuery,
    Position, ProjectionPart, Promotion, StoreError, SubscriptionStore, Wakes,
};
use uuid::Uuid;

use crate::batch::SqliteBatch;
use crate::store::SqliteStore;

impl SubscriptionStore for SqliteStore {
    async fn lease(&self, request: LeaseRequest<'_>) -> Result<Leases, StoreError> {
        self.take_leases(request).await
    }

    async fn release(&self, name: &str, version: u32, lease: Lease) -> Result<(), StoreError> {
        self.end_lease(name, version, lease).await
    }

    async fn leave(&self, name: &str, version: u32, owner: Uuid) -> Result<(), StoreError> {
        self.leave_list(name, version, owner).await
    }

    async fn note_attempt(
        &self,
        part: &ProjectionPart,
        epoch: Epoch,
        position: Position,
    ) -> Result<u32, StoreError> {
        self.count_attempt(part, epoch, position).await
    }

    async fn has_begun(&self, part: &ProjectionPart) -> Result<bool, StoreError> {
        self.find_begun(part).await
    }

    async fn attempts(&self, part: &ProjectionPart) -> Result<Option<(Position, u32)>, StoreError> {
        self.find_attempts(part).await
    }

    async fn forget_attempts(&self, part: &ProjectionPart, epoch: Epoch) -> Result<(), StoreError> {
        self.drop_attempts(part, epoch).await
    }

    async fn begin_reset(
        &self,
        name: &str,
        version: u32,
        parts: u32,
        start: Checkpoint,
    ) -> Result<SqliteBatch, StoreError> {
        self.open_reset(name, version, parts, start).await
    }

    async fn checkpoints(
        &self,
        name: &str,
        version: u32,
    ) -> Result<Vec<(u32, Checkpoint)>, StoreError> {
        self.list_checkpoints(name, version).await
    }

    async fn dead_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        self.find_letters(name, version, select).await
    }

    async fn retry_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> Result<u64, StoreError> {
        let meant = self.ask_for_retry(name, version, select).await?;
        self.signal().wake();
        Ok(meant)
    }

    async fn discard_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
        reason: &str,
    ) -> Result<u64, StoreError> {
        self.discard(name, version, select, reason).await
    }

    async fn promote(
        &self,
        name: &str,
        version: u32,
        tables: &[Promotion],
    ) -> Result<(), StoreError> {
        self.serve(name, version, tables).await
    }

    async fn drop_table(&self, table: &str) -> Result<(), StoreError> {
        self.drop_read_model(table).await
    }

    async fn count_log(&self, query: LogQuery<'_>) -> Result<u64, StoreError> {
        self.count_events(query).await
    }

    fn wakes(&self) -> Wakes {
        self.listen()
    }
}
