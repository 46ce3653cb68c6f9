//! What can be done with a subscription whatever its stores: the runner behind a manager's entry.

use std::sync::Arc;

use tokio::sync::watch;

use super::error::SubscriptionError;
use super::processor::Mode;
use super::rebuild::{RebuildPlan, Watch};
use super::runner::Runner;
use super::worker::Control;
use crate::checkpoint::Checkpoint;
use crate::dead_letter::{DeadLetter, LetterSelection};
use crate::projection::{ProjectionError, Reset};
use crate::projection_store::ProjectionBatch as _;
use crate::store::BoxFuture;
use crate::subscription_store::SubscriptionStore;
use crate::version::Position;

type Answer<'a, T> = BoxFuture<'a, Result<T, SubscriptionError>>;

/// A runner, its stores forgotten.
pub(super) trait Operations: Send + Sync {
    fn run(self: Arc<Self>, control: watch::Receiver<Control>) -> BoxFuture<'static, ()>;
    fn reset(&self) -> Answer<'_, ()>;
    fn has_reached(&self, position: Position) -> Answer<'_, bool>;
    fn letters(&self, select: LetterSelection) -> Answer<'_, Vec<DeadLetter>>;
    fn retry(&self, select: LetterSelection) -> Answer<'_, u64>;
    fn discard<'a>(&'a self, select: LetterSelection, reason: &'a str) -> Answer<'a, u64>;
    fn plan_rebuild(&self) -> Answer<'_, RebuildPlan>;
    fn rebuild_at_once(&self, watch: Arc<Watch>) -> Answer<'_, ()>;
    fn drop_version(&self, version: u32) -> Answer<'_, ()>;
}

impl<L: SubscriptionStore + Clone, J: SubscriptionStore + Clone> Operations for Runner<L, J> {
    fn run(self: Arc<Self>, control: watch::Receiver<Control>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            Self::run(self, control).await;
        })
    }

    fn reset(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            let batch = self.begin_reset().await?;
            Ok(batch.commit(Checkpoint::default()).await?)
        })
    }

    fn has_reached(&self, position: Position) -> Answer<'_, bool> {
        Box::pin(async move {
            let plan = &self.plan;
            let found = self.journal.checkpoints(&plan.name, plan.version).await?;
            let reached = found.iter().filter(|(_, checkpoint)| checkpoint.position >= position);
            Ok(reached.count() >= plan.processors.len())
        })
    }

    fn letters(&self, select: LetterSelection) -> Answer<'_, Vec<DeadLetter>> {
        let plan = &self.plan;
        Box::pin(
            async move { Ok(self.journal.dead_letters(&plan.name, plan.version, select).await?) },
        )
    }

    fn retry(&self, select: LetterSelection) -> Answer<'_, u64> {
        let plan = &self.plan;
        Box::pin(
            async move { Ok(self.journal.retry_letters(&plan.name, plan.version, select).await?) },
        )
    }

    fn discard<'a>(&'a self, select: LetterSelection, reason: &'a str) -> Answer<'a, u64> {
        let (name, version) = (&self.plan.name, self.plan.version);
        Box::pin(
            async move { Ok(self.journal.discard_letters(name, version, select, reason).await?) },
        )
    }

    fn plan_rebuild(&self) -> Answer<'_, RebuildPlan> {
        Box::pin(self.estimate())
    }

    fn rebuild_at_once(&self, watch: Arc<Watch>) -> Answer<'_, ()> {
        Box::pin(self.replay_at_once(watch))
    }

    fn drop_version(&self, version: u32) -> Answer<'_, ()> {
        Box::pin(async move {
            for table in self.plan.tables.declared {
                // What was replaced by a view keeps its rows under the name of its version.
                self.journal.drop_table(&format!("{}_v{version}", table.name)).await?;
            }
            Ok(())
        })
    }
}

impl<L: SubscriptionStore + Clone, J: SubscriptionStore + Clone> Runner<L, J> {
    /// Opens the transaction in which everything is empty and at the beginning.
    pub(super) async fn begin_reset(&self) -> Result<J::Batch, SubscriptionError> {
        let plan = &self.plan;
        let (name, version) = (&plan.name, plan.version);
        if plan.mode == Mode::InBatch {
            self.ensure_tables().await?;
        }
        let start = Checkpoint::default();
        let mut batch = self.journal.begin_reset(name, version, plan.parts(), start).await?;
        if plan.mode == Mode::InBatch {
            for table in plan.built() {
                batch.backend().truncate(table).await?;
            }
        }
        // Each part may keep something in its struct.
        for processor in &plan.processors {
            let mut reset = Reset { backend: batch.backend() };
            processor.reset(&mut reset).await.map_err(|error| match error {
                ProjectionError::NothingToReset => {
                    SubscriptionError::NothingToRebuild { name: name.clone() }
                }
                error => SubscriptionError::Projection(error),
            })?;
        }
        Ok(batch)
    }
}
