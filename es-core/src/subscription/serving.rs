//! A later version of a projection comes to serve.

use std::time::{Duration, Instant};

use super::error::SubscriptionError;
use super::processor::Mode;
use super::runner::Crew;
use crate::subscription_store::SubscriptionStore;
use crate::version::Position;

/// How long a promotion that failed is put off.
const PROMOTION_PAUSE: Duration = Duration::from_millis(500);

impl<L: SubscriptionStore + Clone, J: SubscriptionStore + Clone> Crew<L, J> {
    /// Lets this version serve once it has come as far as the log was when that was last asked. True when it serves.
    pub(super) async fn take_over(&mut self) -> Result<bool, SubscriptionError> {
        let plan = self.runner.plan.clone();
        if plan.mode == Mode::Direct || plan.tables.declared.is_empty() {
            return Ok(true);
        }
        let journal = self.runner.journal.clone();
        let settled = match self.runner.log.settled().await {
            Ok(settled) => settled,
            Err(error) => return self.bear(error).map(|()| false),
        };
        // As far as the log was a moment ago: so its readers do not go back in time.
        let Some(goal) = self.goal.replace(settled) else {
            return Ok(settled == Position::START && self.promote().await?);
        };
        let checkpoints = match journal.checkpoints(&plan.name, plan.version).await {
            Ok(checkpoints) => checkpoints,
            Err(error) => return self.bear(error).map(|()| false),
        };
        let there = checkpoints.iter().filter(|(_, checkpoint)| checkpoint.position >= goal);
        if goal > Position::START && there.count() < plan.processors.len() {
            return Ok(false);
        }
        self.promote().await
    }

    async fn promote(&mut self) -> Result<bool, SubscriptionError> {
        if self.promote_after.is_some_and(|after| Instant::now() < after) {
            return Ok(false);
        }
        let plan = self.runner.plan.clone();
        let promotions = self.runner.promotions();
        match self.runner.journal.promote(&plan.name, plan.version, &promotions).await {
            Ok(()) => {
                tracing::info!(projection = %plan.name, version = plan.version, "this version serves now");
                Ok(true)
            }
            Err(error) => {
                // Whoever waits for a table keeps its readers waiting too.
                self.promote_after = Some(Instant::now() + PROMOTION_PAUSE);
                self.bear(error).map(|()| false)
            }
        }
    }
}
