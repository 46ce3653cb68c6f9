//! Event by event: who fails is found, tried again, and in the end left out, put aside, or stopped at.
//!
//! Each attempt is counted in the store before it is made. So an event at which the process dies is known to the next
//! process by its count, and does not kill that one for ever.

use super::config::OnFailure;
use super::error::SubscriptionError;
use super::metrics;
use super::processor::Mode;
use super::status::letter_text;
use super::worker::{Stop, Trouble, Worker, failed};
use crate::checkpoint::Checkpoint;
use crate::dead_letter::DeadLetter;
use crate::projection::ProjectionError;
use crate::projection_store::ProjectionBatch as _;
use crate::record::StoredEvent;
use crate::subscription_store::SubscriptionStore;
use crate::version::Position;

impl<L: SubscriptionStore + Clone, J: SubscriptionStore> Worker<L, J> {
    pub(super) async fn one_by_one(&mut self, events: &[StoredEvent]) -> Result<(), Trouble> {
        for event in events {
            self.carefully(event).await?;
        }
        Ok(())
    }

    async fn carefully(&mut self, event: &StoredEvent) -> Result<(), Trouble> {
        let mut last = None;
        loop {
            if self.is_told_to_stop() {
                return Err(Trouble::End(Stop::Told));
            }
            let attempts = self.count_attempt(event.position).await?;
            if attempts > self.attempts_allowed() {
                let made = attempts - 1;
                let error = last.unwrap_or(ProjectionError::NeverCameBack { attempts: made });
                return self.give_up(event, made, error).await;
            }
            match self.try_alone(event).await {
                Err(Trouble::Event(error)) => {
                    metrics::failed(&self.part);
                    self.tracker.error(&error);
                    tracing::warn!(projection = %self.part, event = %event.id, position = %event.position,
                        attempts, %error, "an event could not be handled");
                    if attempts >= self.attempts_allowed() {
                        return self.give_up(event, attempts, error).await;
                    }
                    last = Some(error);
                    self.pause(self.plan.config.retry.pause(attempts)).await;
                }
                Err(Trouble::Passing(error)) => {
                    // Not the event's fault, so not its attempt.
                    self.forget_attempts().await?;
                    self.careful = true;
                    return Err(Trouble::Passing(error));
                }
                done => return done,
            }
        }
    }

    pub(super) fn attempts_allowed(&self) -> u32 {
        self.plan.config.retry.times.saturating_add(1)
    }

    pub(super) async fn count_attempt(&self, position: Position) -> Result<u32, Trouble> {
        let counted = self.journal.note_attempt(&self.part, self.lease.epoch, position).await;
        counted.map_err(|e| self.store(e))
    }

    pub(super) async fn forget_attempts(&self) -> Result<(), Trouble> {
        let forgotten = self.journal.forget_attempts(&self.part, self.lease.epoch).await;
        forgotten.map_err(|e| self.store(e))
    }

    /// One event, with a transaction and a checkpoint of its own.
    async fn try_alone(&mut self, event: &StoredEvent) -> Result<(), Trouble> {
        self.roll_back();
        match self.plan.mode {
            Mode::InBatch => {
                self.handle_in_batch(std::slice::from_ref(event)).await?;
                self.seen = Checkpoint::new(event.position, Some(event.id));
            }
            Mode::Direct => self.handle_directly(event).await?,
        }
        self.save().await
    }

    async fn give_up(
        &mut self,
        event: &StoredEvent,
        attempts: u32,
        cause: ProjectionError,
    ) -> Result<(), Trouble> {
        self.roll_back();
        match self.plan.config.on_failure {
            OnFailure::Stop => {
                // The next start tries again from the first attempt.
                self.forget_attempts().await?;
                let (position, event) = (event.position, event.id);
                Err(failed(SubscriptionError::Event { event, position, attempts, cause }))
            }
            OnFailure::Skip => {
                tracing::error!(projection = %self.part, event = %event.id, position = %event.position,
                    error = %cause, "an event is left out");
                self.seen = Checkpoint::new(event.position, Some(event.id));
                self.left_out = 1;
                self.save().await
            }
            OnFailure::Park => {
                let letter = DeadLetter::failed(event, attempts, letter_text(&cause));
                self.park(event, &letter).await?;
                metrics::dead_letter(&self.part);
                tracing::error!(projection = %self.part, event = %event.id, position = %event.position,
                    "an event is a dead letter now");
                self.blocked.insert(event.stream.id());
                Ok(())
            }
        }
    }

    /// Puts an event aside, and goes on behind it, in one transaction.
    pub(super) async fn park(
        &mut self,
        event: &StoredEvent,
        letter: &DeadLetter,
    ) -> Result<(), Trouble> {
        let mut batch = match self.open.take() {
            Some(open) => open,
            None => self.journal.begin_batch(self.start()).await.map_err(|e| self.store(e))?,
        };
        batch.bury(letter).await.map_err(|e| self.store(e))?;
        let to = Checkpoint::new(event.position, Some(event.id));
        self.buried = 1;
        self.commit(batch, to).await?;
        self.seen = to;
        Ok(())
    }
}
