//! What is kept of the log to be read: three read models, written once for every store.

mod funnel;
mod outcomes;
mod workload;

use es_core::StoreError;
use es_core::prelude::*;
use tokio::task::JoinSet;

pub use funnel::{Funnel, FunnelMonth};
pub use outcomes::{ApplicationOutcome, Outcomes};
pub use workload::{ResourceWorkload, Workload};

/// Events in one batch: one transaction.
const BATCH: usize = 5_000;

/// Makes the tables of the read models, if they are not there yet.
///
/// # Errors
/// [`StoreError`] when a table cannot be made.
pub async fn ensure<S: ProjectionStore>(store: &S) -> Result<(), StoreError> {
    store.ensure_read_model::<ApplicationOutcome>().await?;
    store.ensure_read_model::<ResourceWorkload>().await?;
    store.ensure_read_model::<FunnelMonth>().await
}

/// Brings all read models up to date with the log, side by side: each has its own checkpoint.
///
/// # Errors
/// The first [`ProjectionError`]; the batches before it stay, in all three.
pub async fn catch_up<S: ProjectionStore + Clone>(store: &S) -> Result<(), ProjectionError> {
    let mut running = JoinSet::new();
    spawn(&mut running, store, Outcomes);
    spawn(&mut running, store, Workload);
    spawn(&mut running, store, Funnel);
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(done) => done?,
            Err(error) => {
                if let Ok(panic) = error.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
        }
    }
    Ok(())
}

fn spawn<P: Projection + Sync, S: ProjectionStore + Clone>(
    running: &mut JoinSet<Result<(), ProjectionError>>,
    store: &S,
    projection: P,
) {
    let mut projector = Projector::new(store.clone(), projection).batch_size(BATCH);
    running.spawn(async move { projector.catch_up().await.map(drop) });
}
