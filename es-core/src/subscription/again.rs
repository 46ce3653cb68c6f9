//! Dead letters for which another attempt was asked, by the same code that handles events first.

use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;

use super::processor::Mode;
use super::status::letter_text;
use super::worker::{Trouble, Worker, failed};
use crate::dead_letter::{DeadLetter, LetterSelection};
use crate::error::StoreError;
use crate::projection::ProjectionError;
use crate::projection_store::ProjectionBatch as _;
use crate::record::StoredEvent;
use crate::store::LogQuery;
use crate::subscription_store::SubscriptionStore;
use crate::version::Position;

use super::error::SubscriptionError;

impl<L: SubscriptionStore + Clone, J: SubscriptionStore> Worker<L, J> {
    /// Tries dead letters again, stream by stream in the order of the log, each stream up to the first that fails: those that
    /// wait behind one that is handled now have waited long enough.
    pub(super) async fn retry_letters(&mut self) -> Result<(), Trouble> {
        // Nobody but us puts letters there, so without any there is nothing to ask.
        if self.blocked.is_empty() {
            return Ok(());
        }
        let open = self.letters(LetterSelection::Open).await?;
        self.blocked = open.iter().map(|letter| letter.stream).collect();
        let asked: HashSet<Uuid> = open.iter().filter(|l| l.retry).map(|l| l.stream).collect();
        let mut streams: BTreeMap<Position, Vec<DeadLetter>> = BTreeMap::new();
        for stream in asked {
            let letters: Vec<_> = open.iter().filter(|l| l.stream == stream).cloned().collect();
            let Some(first) = letters.first() else { continue };
            streams.insert(first.position, letters);
        }
        for letters in streams.into_values() {
            self.commit_open().await?;
            self.retry_stream(letters).await?;
        }
        Ok(())
    }

    async fn letters(&self, select: LetterSelection) -> Result<Vec<DeadLetter>, Trouble> {
        let (name, version) = (&self.part.name, self.part.version);
        let found = self.journal.dead_letters(name, version, select).await;
        let mut found = found.map_err(|e| self.store(e))?;
        found.retain(|letter| self.part.part.has(letter.stream));
        Ok(found)
    }

    async fn retry_stream(&mut self, letters: Vec<DeadLetter>) -> Result<(), Trouble> {
        let stream = letters.first().map(|letter| letter.stream);
        for (at, letter) in letters.iter().enumerate() {
            if self.is_told_to_stop() || !self.retry_letter(letter, &letters[at + 1..]).await? {
                return Ok(());
            }
        }
        self.blocked.retain(|blocked| Some(*blocked) != stream);
        Ok(())
    }

    /// Whether the letter has been handled now. If not, those behind it are no longer asked for either: their turn comes
    /// when this one is asked for again.
    async fn retry_letter(
        &mut self,
        letter: &DeadLetter,
        behind: &[DeadLetter],
    ) -> Result<bool, Trouble> {
        let event = self.event_of(letter).await?;
        // An attempt that ends the process would otherwise be made for ever, as its wish stays.
        let lives = self.count_attempt(letter.position).await?;
        let outcome = if lives > self.attempts_allowed() {
            Err(Trouble::Event(ProjectionError::NeverCameBack { attempts: lives - 1 }))
        } else {
            self.handle_letter(&event, letter.position).await
        };
        match outcome {
            Ok(()) => {
                tracing::info!(projection = %self.part, event = %event.id, "a dead letter was handled");
                Ok(true)
            }
            Err(Trouble::Event(error)) => {
                self.tracker.error(&error);
                let attempts = letter.attempts.saturating_add(1);
                let failed = DeadLetter::failed(&event, attempts, letter_text(&error));
                let mut batch = self.begin().await?;
                batch.bury(&failed).await.map_err(|e| self.store(e))?;
                for letter in behind.iter().filter(|letter| letter.retry) {
                    let waits = DeadLetter { retry: false, ..letter.clone() };
                    batch.bury(&waits).await.map_err(|e| self.store(e))?;
                }
                self.commit(batch, self.saved).await?;
                Ok(false)
            }
            Err(other) => Err(other),
        }
    }

    /// The event is taken off the dead letters in the transaction that handles it; the checkpoint is far beyond.
    async fn handle_letter(&mut self, event: &StoredEvent, at: Position) -> Result<(), Trouble> {
        let mut batch = self.begin().await?;
        let mut unit = crate::rows::UnitOfWork::default();
        let streams = [event.stream.id()];
        let handled = match self.plan.mode {
            Mode::InBatch => self.handle(event, &streams, batch.backend(), &mut unit).await,
            Mode::Direct => {
                let mut none = crate::no_read_models::NoReadModels;
                self.handle(event, &streams, &mut none, &mut unit).await
            }
        };
        handled.map_err(|error| self.trouble(error))?;
        unit.flush(batch.backend()).await.map_err(|error| self.trouble(error))?;
        batch.unbury(at).await.map_err(|e| self.store(e))?;
        self.uncounted = 1;
        self.commit(batch, self.saved).await
    }

    async fn begin(&self) -> Result<J::Batch, Trouble> {
        self.journal.begin_batch(self.start()).await.map_err(|e| self.store(e))
    }

    async fn event_of(&self, letter: &DeadLetter) -> Result<StoredEvent, Trouble> {
        let before = Position::new(letter.position.get().saturating_sub(1));
        let page =
            self.log.read_log(LogQuery::after(before), 1).await.map_err(|e| self.store(e))?;
        let found = page.events.into_iter().next().filter(|event| event.id == letter.event);
        found.ok_or_else(|| {
            let what = format!(
                "the dead letter at position {} is event {}, which the log does not have there",
                letter.position, letter.event
            );
            failed(SubscriptionError::Store(StoreError::Corrupt { what }))
        })
    }
}
