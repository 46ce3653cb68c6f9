//! Where a worker begins: at the checkpoint, where the configuration says, and how carefully.

use super::config::StartFrom;
use super::error::SubscriptionError;
use super::processor::Mode;
use super::worker::{Trouble, Worker, failed};
use crate::checkpoint::Checkpoint;
use crate::dead_letter::LetterSelection;
use crate::subscription_store::SubscriptionStore;

impl<L: SubscriptionStore + Clone, J: SubscriptionStore> Worker<L, J> {
    /// Where the store says it stands, once that is known to fit the log; where the configuration says when there is
    /// nothing.
    pub(super) async fn find_start(&mut self) -> Result<(), Trouble> {
        self.roll_back();
        let keep = self.plan.mode == Mode::Direct && self.seen.position > self.saved.position;
        let found = self.journal.checkpoint(&self.part).await.map_err(|e| self.store(e))?;
        if found != Checkpoint::default() || self.has_begun().await? {
            if found != Checkpoint::default() {
                self.log_fits(found).await?;
            }
            self.saved = found;
            // What was handled directly is not handled again only because its checkpoint could not be saved.
            if !keep {
                self.seen = found;
            }
            return Ok(());
        }
        let start = match self.plan.config.start_from {
            StartFrom::Beginning => return Ok(()),
            StartFrom::End => self.log.settled().await.map_err(|e| self.store(e))?,
            StartFrom::Position(position) => position,
            StartFrom::Checkpoint => {
                let name = self.part.name.clone();
                return Err(failed(SubscriptionError::NoCheckpoint { name }));
            }
        };
        if !keep {
            self.seen = Checkpoint::new(start, None);
            self.save().await?;
        }
        Ok(())
    }

    /// Whether a checkpoint at the beginning was put there, and is not merely what there is before any.
    async fn has_begun(&self) -> Result<bool, Trouble> {
        if self.plan.config.start_from == StartFrom::Beginning {
            return Ok(false);
        }
        self.journal.has_begun(&self.part).await.map_err(|e| self.store(e))
    }

    async fn log_fits(&self, found: Checkpoint) -> Result<(), Trouble> {
        self.log.fits(&self.part, found).await.map_err(|e| self.store(e))
    }

    pub(super) async fn load_blocked(&mut self) -> Result<(), Trouble> {
        let (name, version) = (&self.part.name, self.part.version);
        let open = self.journal.dead_letters(name, version, LetterSelection::Open).await;
        let open = open.map_err(|e| self.store(e))?;
        let ours = open.into_iter().map(|letter| letter.stream);
        self.blocked = ours.filter(|stream| self.part.part.has(*stream)).collect();
        Ok(())
    }

    /// The last worker was killed, perhaps by an event. The batch is tried once more, which is noted first; when that was
    /// done already, or single events were being tried, it is the events' turn.
    pub(super) async fn find_out_about_predecessor(&mut self) -> Result<(), Trouble> {
        let noted = self.journal.attempts(&self.part).await.map_err(|e| self.store(e))?;
        if noted.is_some_and(|(position, _)| position < self.saved.position) {
            // Below the checkpoint only a dead letter can have been tried, and it is counted by itself.
            return Ok(());
        }
        self.careful = noted.is_some();
        self.cautious = true;
        tracing::warn!(projection = %self.part, event_by_event = self.careful, "the last worker did not end well");
        if !self.careful {
            self.count_attempt(self.saved.position).await?;
        }
        Ok(())
    }
}
