//! Has a page of events handled, and what that did committed together with the checkpoint.

use std::time::{Duration, Instant};

use super::config::CheckpointEvery;
use super::metrics;
use super::processor::{Mode, guarded};
use super::worker::{Trouble, Worker};
use crate::checkpoint::Checkpoint;
use crate::dead_letter::DeadLetter;
use crate::no_read_models::NoReadModels;
use crate::projection::{Batch, ProjectionError};
use crate::projection_store::ProjectionBatch as _;
use crate::read_model::ReadModelBackend;
use crate::record::StoredEvent;
use crate::store::LogPage;
use crate::subscription_store::SubscriptionStore;
use crate::unit_of_work::{UnitOfWork, streams_of};

impl<L: SubscriptionStore + Clone, J: SubscriptionStore> Worker<L, J> {
    /// Handles a page, `last` when there is nothing behind it yet.
    pub(super) async fn process(&mut self, page: LogPage, last: bool) -> Result<(), Trouble> {
        let begun = Instant::now();
        let from = self.seen;
        if std::mem::take(&mut self.careful) {
            self.commit_open().await?;
            self.one_by_one(&page.events).await?;
        } else if !page.events.is_empty() {
            let handled = match self.plan.mode {
                Mode::InBatch => self.in_batch(&page, last).await,
                Mode::Direct => self.directly(&page.events, last).await,
            };
            if let Err(Trouble::Event(error)) = handled {
                self.find_culprit(&error, from, &page.events).await?;
            } else {
                handled?;
            }
        }
        self.seen.position = self.seen.position.max(page.through);
        self.report();
        metrics::batch(&self.part, page.events.len(), begun.elapsed());
        Ok(())
    }

    /// One of these events cannot be handled. What was done is rolled back, and they come one by one.
    async fn find_culprit(
        &mut self,
        error: &ProjectionError,
        from: Checkpoint,
        events: &[StoredEvent],
    ) -> Result<(), Trouble> {
        metrics::failed(&self.part);
        self.tracker.error(error);
        tracing::warn!(projection = %self.part, %error,
            "a batch failed, going on event by event");
        self.roll_back();
        if self.plan.mode == Mode::InBatch && from != self.saved {
            // The transaction held earlier pages too: they are read again.
            self.careful = true;
            return Err(Trouble::Again);
        }
        let rest = events.iter().position(|event| event.position > self.seen.position);
        self.one_by_one(&events[rest.unwrap_or(events.len())..]).await
    }

    /// Tells others how far it has come: what is in an open transaction does not count yet.
    fn report(&self) {
        let reached = if self.open.is_some() { self.saved } else { self.seen };
        self.tracker.moved(self.part.part.number(), 0, reached.position, None);
    }

    async fn in_batch(&mut self, page: &LogPage, last: bool) -> Result<(), Trouble> {
        if self.plan.config.checkpoint == CheckpointEvery::Event {
            for event in &page.events {
                self.handle_in_batch(std::slice::from_ref(event)).await?;
                self.seen = Checkpoint::new(event.position, Some(event.id));
                self.commit_open().await?;
            }
            return Ok(());
        }
        let mut events = page.events.as_slice();
        loop {
            let handled = self.handle_in_batch(events).await?;
            let (done, rest) = events.split_at(handled);
            let last = done.last().map(|event| event.id).or(self.seen.event);
            if rest.is_empty() {
                self.seen = Checkpoint::new(page.through, last);
                break;
            }
            self.seen =
                Checkpoint::new(done.last().map_or(self.seen.position, |e| e.position), last);
            self.commit_open().await?;
            events = rest;
        }
        let due = match self.plan.config.checkpoint {
            CheckpointEvery::Interval(pause) => last || self.saved_at.elapsed() >= pause,
            _ => true,
        };
        if due { self.commit_open().await } else { Ok(()) }
    }

    /// Handles events in the open transaction, or in a new one, and has their rows written there. Gives how many: not all
    /// when they take long, since the store does not wait for ever for a transaction in which nothing is done, and only
    /// one when the transaction was lost the last time.
    pub(super) async fn handle_in_batch(
        &mut self,
        events: &[StoredEvent],
    ) -> Result<usize, Trouble> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.journal.begin_batch(self.start()).await.map_err(|e| self.store(e))?,
        };
        let done = self.handle_all(events, &mut open).await;
        if done.is_ok() {
            self.open = Some(open);
        }
        done
    }

    async fn handle_all(
        &mut self,
        events: &[StoredEvent],
        batch: &mut J::Batch,
    ) -> Result<usize, Trouble> {
        let enough = match self.passing {
            0 => self.plan.config.handler_timeout / 2,
            _ => Duration::ZERO,
        };
        let begun = Instant::now();
        let mut handled = 0;
        let streams = streams_of(events);
        let mut unit = UnitOfWork::default();
        let mut handled_now = 0;
        for event in events {
            handled += 1;
            if self.blocked.contains(&event.stream.id()) {
                let letter = DeadLetter::parked(event);
                batch.bury(&letter).await.map_err(|e| self.store(e))?;
                self.buried += 1;
                continue;
            }
            let done = self.handle(event, &streams, batch.backend(), &mut unit).await;
            done.map_err(|error| self.trouble(error))?;
            handled_now += 1;
            if begun.elapsed() >= enough {
                break;
            }
        }
        unit.flush(batch.backend()).await.map_err(|error| self.trouble(error))?;
        self.uncounted += handled_now;
        let last = events[..handled].last().map(|event| event.recorded_at);
        self.last_recorded = last.or(self.last_recorded);
        Ok(handled)
    }

    async fn directly(&mut self, events: &[StoredEvent], last: bool) -> Result<(), Trouble> {
        for event in events {
            self.handle_directly(event).await?;
            if self.plan.config.checkpoint == CheckpointEvery::Event {
                self.save().await?;
            }
        }
        match self.plan.config.checkpoint {
            CheckpointEvery::Batch => self.save().await,
            CheckpointEvery::Interval(pause) if self.saved_at.elapsed() >= pause => {
                self.save().await
            }
            CheckpointEvery::Interval(pause) if last && pause.is_zero() => self.save().await,
            _ => Ok(()),
        }
    }

    pub(super) async fn handle_directly(&mut self, event: &StoredEvent) -> Result<(), Trouble> {
        if self.blocked.contains(&event.stream.id()) {
            return self.park(event, &DeadLetter::parked(event)).await;
        }
        let (mut backend, mut unit) = (NoReadModels, UnitOfWork::default());
        let handled = self.handle(event, &[], &mut backend, &mut unit).await;
        handled.map_err(|error| self.trouble(error))?;
        unit.flush(&mut backend).await.map_err(|error| self.trouble(error))?;
        self.seen = Checkpoint::new(event.position, Some(event.id));
        self.tracker.moved(self.part.part.number(), 1, event.position, Some(event.recorded_at));
        Ok(())
    }

    /// Runs the handler, for no longer than it may take.
    pub(super) async fn handle(
        &self,
        event: &StoredEvent,
        streams: &[uuid::Uuid],
        backend: &mut dyn ReadModelBackend,
        unit: &mut UnitOfWork,
    ) -> Result<(), ProjectionError> {
        let number = self.part.part.number();
        let limit = self.plan.config.handler_timeout;
        let mut batch = Batch { event, tables: self.plan.tables, streams, backend, unit };
        self.tracker.handling(number, Some(event.position));
        let outcome = guarded(limit, self.processor.handle(event, &mut batch)).await;
        self.tracker.handling(number, None);
        outcome
    }

    /// Commits the open transaction, if there is one, with all that is handled.
    pub(super) async fn commit_open(&mut self) -> Result<(), Trouble> {
        if self.open.is_some() { self.save().await } else { Ok(()) }
    }

    /// Saves what is handled as the checkpoint, with the open transaction or by itself.
    pub(super) async fn save(&mut self) -> Result<(), Trouble> {
        let batch = match self.open.take() {
            Some(open) => open,
            None => self.journal.begin_batch(self.start()).await.map_err(|e| self.store(e))?,
        };
        self.commit(batch, self.seen).await
    }

    pub(super) async fn commit(&mut self, batch: J::Batch, to: Checkpoint) -> Result<(), Trouble> {
        let events = std::mem::take(&mut self.uncounted);
        let buried = std::mem::take(&mut self.buried);
        let left_out = std::mem::take(&mut self.left_out);
        batch.commit(to).await.map_err(|e| self.store(e))?;
        self.saved = to;
        self.saved_at = Instant::now();
        self.tracker.parked(buried);
        self.tracker.skipped(left_out);
        self.tracker.moved(self.part.part.number(), events, to.position, self.last_recorded);
        Ok(())
    }
}
