//! What is kept of the log to be read: three read models, written once for every store.

mod funnel;
mod outcomes;
mod workload;

use std::time::Duration;

use es_core::SubscriptionStore;
use es_core::prelude::*;
use es_core::subscription::{
    Rebuild, RebuildProgress, Rebuilding, SubscriptionConfig, SubscriptionError,
    SubscriptionManager,
};
use futures_util::future::try_join_all;

pub use funnel::{Funnel, FunnelMonth};
pub use outcomes::{ApplicationOutcome, Outcomes};
pub use workload::{ResourceWorkload, Workload};

/// Events in one batch: one transaction.
const BATCH: usize = 5_000;

/// How long the read models may take to catch up: a log of any length.
const PATIENCE: Duration = Duration::from_hours(24);

/// The three projections, each with its own checkpoint, to be run side by side.
///
/// # Errors
/// None: their names and tables are their own.
pub fn manager<S: SubscriptionStore + Clone>(
    store: &S,
) -> Result<SubscriptionManager<S>, SubscriptionError> {
    let manager = SubscriptionManager::new(store.clone());
    let config = SubscriptionConfig::new().batch_size(BATCH);
    manager.subscribe(Outcomes::NAME, Outcomes, config.clone())?;
    manager.subscribe(Workload::NAME, Workload, config.clone())?;
    manager.subscribe(Funnel::NAME, Funnel, config)?;
    Ok(manager)
}

/// Brings all read models up to date with the log.
///
/// # Errors
/// The first [`SubscriptionError`]; the batches before it stay, in all three.
pub async fn catch_up<S: SubscriptionStore + Clone>(store: &S) -> Result<(), SubscriptionError> {
    let manager = manager(store)?;
    manager.start().await?;
    manager.wait_caught_up(PATIENCE).await?;
    manager.stop(PATIENCE).await
}

/// Empties all read models and builds them anew, side by side. Readers see the old ones until the new ones are whole.
///
/// # Errors
/// The first [`SubscriptionError`]: its read model stays as it was.
pub async fn rebuild<S: SubscriptionStore + Clone>(
    store: &S,
) -> Result<Vec<RebuildProgress>, SubscriptionError> {
    let manager = manager(store)?;
    let mut rebuilds = Vec::new();
    for name in [Outcomes::NAME, Workload::NAME, Funnel::NAME] {
        rebuilds.push(manager.rebuild(name, Rebuild::InOneTransaction).await?);
    }
    try_join_all(rebuilds.into_iter().map(Rebuilding::done)).await
}
