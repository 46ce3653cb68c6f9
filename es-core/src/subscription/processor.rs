//! What a worker gives events to: a projection or a plain subscriber, its type forgotten.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::sync::RwLock;

use crate::inline::panic_text;
use crate::projection::{Batch, Projection, ProjectionError, Reset, Tables};
use crate::record::StoredEvent;
use crate::store::BoxFuture;
use crate::subscriber::{EventSubscriber, Subscribed};

/// Handles events, one at a time.
pub(super) trait Processor: Send + Sync + 'static {
    fn subscribed_to(&self) -> Subscribed;

    fn handle<'a>(
        &'a self,
        event: &'a StoredEvent,
        batch: &'a mut Batch<'_>,
    ) -> BoxFuture<'a, Result<(), ProjectionError>>;

    fn reset<'a>(&'a self, reset: &'a mut Reset<'_>) -> BoxFuture<'a, Result<(), ProjectionError>>;
}

/// A projection that others may look at while it runs. The lock is free between two events.
pub(super) struct Declared<P>(pub(super) Arc<RwLock<P>>);

impl<P: Projection + Sync> Processor for Declared<P> {
    fn subscribed_to(&self) -> Subscribed {
        Subscribed::Names(P::SUBSCRIBED_TO.iter().map(|name| (*name).into()).collect())
    }

    fn handle<'a>(
        &'a self,
        event: &'a StoredEvent,
        batch: &'a mut Batch<'_>,
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move { self.0.write().await.handle(event, batch).await })
    }

    fn reset<'a>(&'a self, reset: &'a mut Reset<'_>) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move { self.0.write().await.reset(reset).await })
    }
}

/// A plain subscriber.
pub(super) struct Plain<E>(pub(super) Arc<RwLock<E>>, pub(super) Subscribed);

impl<E: EventSubscriber + Sync> Processor for Plain<E> {
    fn subscribed_to(&self) -> Subscribed {
        self.1.clone()
    }

    fn handle<'a>(
        &'a self,
        event: &'a StoredEvent,
        _: &'a mut Batch<'_>,
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move { self.0.write().await.handle(event).await })
    }

    fn reset<'a>(&'a self, _: &'a mut Reset<'_>) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// How the worker keeps what the handlers do and the checkpoint together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// In one transaction of the store.
    InBatch,
    /// Not at all: effects are elsewhere, so each event is handled once for all, and the checkpoint follows.
    Direct,
}

/// What a subscription runs, and under which conditions.
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) version: u32,
    pub(super) mode: Mode,
    pub(super) tables: Tables,
    pub(super) config: super::config::SubscriptionConfig,
    /// One for each part.
    pub(super) processors: Vec<Arc<dyn Processor>>,
}

impl Plan {
    pub(super) fn parts(&self) -> u32 {
        u32::try_from(self.processors.len()).unwrap_or(u32::MAX)
    }

    /// The declared tables, as this version has them.
    pub(super) fn built(&self) -> impl Iterator<Item = &'static crate::column::Table> {
        self.tables.declared.iter().map(|table| table.of_version(self.version))
    }
}

/// Runs user code for no longer than `limit`: a panic becomes an error, also one that comes when the future is dropped, at
/// its end or because it took too long.
pub(super) async fn guarded(
    limit: Duration,
    handled: BoxFuture<'_, Result<(), ProjectionError>>,
) -> Result<(), ProjectionError> {
    let begun = Instant::now();
    let limited = async move { tokio::time::timeout(limit, handled).await };
    match AssertUnwindSafe(limited).catch_unwind().await {
        Ok(Ok(outcome)) if begun.elapsed() <= limit => outcome,
        // One that kept its thread could not be interrupted, and has taken too long all the same; the store may have given
        // up its transaction for it, so what it says does not count.
        Ok(_) => Err(ProjectionError::TimedOut { limit }),
        Err(panic) => Err(ProjectionError::Panicked { message: panic_text(&*panic) }),
    }
}
