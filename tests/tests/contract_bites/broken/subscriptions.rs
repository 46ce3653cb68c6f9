//! Leases, attempts, dead letters, wake-ups.

use std::time::Instant;

use es_core::{
    BatchStart, Checkpoint, DeadLetter, Epoch, Lease, LeaseRequest, Leases, LetterSelection,
    LogQuery, Position, ProjectionBatch as _, ProjectionPart, Promotion, Signal, StoreError,
    SubscriptionStore, Wakes,
};
use uuid::Uuid;

use super::{Broken, BrokenBatch};
use crate::fault::Fault;

impl SubscriptionStore for Broken {
    async fn lease(&self, mut request: LeaseRequest<'_>) -> Result<Leases, StoreError> {
        match self.fault {
            Fault::Request(tamper) => tamper(&mut request),
            Fault::ExtendsNothing => self.end_what_no_request_extended(&request).await?,
            _ => {}
        }
        let mut leased = self.inner.lease(request).await;
        match (self.fault, &leased) {
            (Fault::Leased(tamper), _) => tamper(&mut leased),
            (Fault::ExtendsNothing, Ok(Leases { held, .. })) if !held.is_empty() => {
                let lease = (held[0], Instant::now() + request.duration);
                self.memory().leases.insert(request.name.to_owned(), lease);
            }
            _ => {}
        }
        leased
    }

    async fn release(&self, name: &str, version: u32, mut lease: Lease) -> Result<(), StoreError> {
        if let Fault::Released(tamper) = self.fault {
            tamper(&mut lease);
        }
        self.inner.release(name, version, lease).await
    }

    async fn leave(&self, name: &str, version: u32, owner: Uuid) -> Result<(), StoreError> {
        match self.fault {
            Fault::NobodyLeaves => Ok(()),
            _ => self.inner.leave(name, version, owner).await,
        }
    }

    async fn note_attempt(
        &self,
        part: &ProjectionPart,
        epoch: Epoch,
        mut position: Position,
    ) -> Result<u32, StoreError> {
        if let Fault::Attempt(tamper) = self.fault {
            tamper(&mut position);
        }
        let mut noted = self.inner.note_attempt(part, epoch, position).await;
        if let Fault::Attempts(tamper) = self.fault {
            tamper(&mut noted);
        }
        noted
    }

    async fn has_begun(&self, part: &ProjectionPart) -> Result<bool, StoreError> {
        let begun = self.inner.has_begun(part).await?;
        Ok(match self.fault {
            Fault::Begun(tamper) => tamper(begun),
            _ => begun,
        })
    }

    async fn attempts(&self, part: &ProjectionPart) -> Result<Option<(Position, u32)>, StoreError> {
        let mut attempts = self.inner.attempts(part).await?;
        if let Fault::Remembered(tamper) = self.fault {
            tamper(&mut attempts);
        }
        Ok(attempts)
    }

    async fn forget_attempts(&self, part: &ProjectionPart, epoch: Epoch) -> Result<(), StoreError> {
        match self.fault {
            Fault::ForgetsNothing => Ok(()),
            _ => self.inner.forget_attempts(part, epoch).await,
        }
    }

    async fn begin_reset(
        &self,
        name: &str,
        version: u32,
        parts: u32,
        start: Checkpoint,
    ) -> Result<BrokenBatch, StoreError> {
        if matches!(self.fault, Fault::ResetsAtOnce) {
            self.inner.begin_reset(name, version, parts, start).await?.commit(start).await?;
        }
        let inner = self.inner.begin_reset(name, version, parts, start).await?;
        let start = BatchStart::new(ProjectionPart::whole(name, version), start, None);
        Ok(BrokenBatch::new(self.clone(), inner, start, true, None))
    }

    async fn checkpoints(
        &self,
        name: &str,
        version: u32,
    ) -> Result<Vec<(u32, Checkpoint)>, StoreError> {
        let mut found = self.inner.checkpoints(name, version).await?;
        if let Fault::Checkpoints(tamper) = self.fault {
            tamper(&mut found);
        }
        Ok(found)
    }

    async fn dead_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let mut found = self.inner.dead_letters(name, version, select).await?;
        if let Fault::Letters(tamper) = self.fault {
            tamper(&mut found);
        }
        Ok(found)
    }

    async fn retry_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> Result<u64, StoreError> {
        let meant = self.inner.retry_letters(name, version, self.meant(select)).await?;
        Ok(self.told(meant))
    }

    async fn discard_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
        reason: &str,
    ) -> Result<u64, StoreError> {
        let meant = self.inner.discard_letters(name, version, self.meant(select), reason).await?;
        Ok(self.told(meant))
    }

    async fn promote(
        &self,
        name: &str,
        version: u32,
        tables: &[Promotion],
    ) -> Result<(), StoreError> {
        match self.fault {
            Fault::Promote(way) => way(&self.inner, name, version, tables),
            _ => self.inner.promote(name, version, tables).await,
        }
    }

    async fn drop_table(&self, table: &str) -> Result<(), StoreError> {
        match self.fault {
            Fault::DropTable(way) => way(&self.inner, table),
            _ => self.inner.drop_table(table).await,
        }
    }

    async fn count_log(&self, mut query: LogQuery<'_>) -> Result<u64, StoreError> {
        if let Fault::LogQuery(tamper) = self.fault {
            tamper(&mut query);
        }
        let events = self.inner.count_log(query).await?;
        Ok(self.counted(events))
    }

    fn wakes(&self) -> Wakes {
        match self.fault {
            Fault::WakesNobody => Signal::new().listen(),
            _ => self.inner.wakes(),
        }
    }
}

impl Broken {
    /// Gives back what has run out since its owner asked last.
    async fn end_what_no_request_extended(
        &self,
        request: &LeaseRequest<'_>,
    ) -> Result<(), StoreError> {
        let over = self.memory().leases.get(request.name).copied();
        match over.filter(|(_, until)| *until < Instant::now()) {
            Some((lease, _)) => self.inner.release(request.name, request.version, lease).await,
            None => Ok(()),
        }
    }

    fn meant(&self, mut select: LetterSelection) -> LetterSelection {
        if let Fault::Meant(tamper) = self.fault {
            tamper(&mut select);
        }
        select
    }

    fn told(&self, letters: u64) -> u64 {
        match self.fault {
            Fault::Told(tamper) => tamper(letters),
            _ => letters,
        }
    }
}
