//! Building a projection's read models anew from the log.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::config::StartFrom;
use super::entry::Entry;
use super::error::SubscriptionError;
use super::manager::SubscriptionManager;
use super::processor::Mode;
use super::runner::Runner;
use crate::checkpoint::{Checkpoint, Part};
use crate::projection::Batch;
use crate::projection_store::{BatchStart, ProjectionBatch as _};
use crate::read_model::ReadModelBackend;
use crate::store::LogPage;
use crate::subscriber::Subscribed;
use crate::subscription_store::SubscriptionStore;
use crate::unit_of_work::{UnitOfWork, streams_of};
use crate::version::Position;

/// How many events are tried to see how long all would take.
const SAMPLE: usize = 2_000;

/// How many rows a rebuild in one transaction keeps in memory, to write each only once. Beyond that it reads and writes them
/// batch by batch.
const ROWS: usize = 20_000;

/// How read models are built anew in their place. Beside them they are built by a new version of the projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rebuild {
    /// All in one transaction: readers see the old state until the new one is whole, and a rebuild that is cancelled or fails
    /// leaves the old one. What other processes commit meanwhile waits, and is then refused.
    ///
    /// Up to 20,000 rows of a projection that writes through `ReadModels` alone are kept in memory meanwhile and written
    /// at the end, or when a query has to find them. One that cannot be written is noticed only then.
    InOneTransaction,
    /// The read models are emptied at once, and fill up batch by batch. Cancelled, it is stopped where it is; the next
    /// start goes on from there.
    InBatches,
}

/// What a rebuild would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RebuildPlan {
    /// How many events the projection subscribes to are in the log.
    pub events: u64,
    /// How long handling them is likely to take, from a trial with the first of them that was rolled back.
    pub duration: Duration,
}

/// How far a rebuild has come.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RebuildProgress {
    /// How many events were handled.
    pub events: u64,
    /// Everything up to here is handled.
    pub position: Position,
    /// Where it will end.
    pub target: Position,
    /// Events per second so far.
    pub rate: f64,
    /// How long the rest is likely to take, once anything is known about it.
    pub remaining: Option<Duration>,
}

/// A rebuild under way. It goes on when this is dropped.
pub struct Rebuilding {
    watch: Arc<Watch>,
    task: JoinHandle<Result<(), SubscriptionError>>,
}

impl Rebuilding {
    /// How far it has come.
    pub fn progress(&self) -> RebuildProgress {
        self.watch.progress()
    }

    /// Ends it; what that leaves, [`Rebuild`] says.
    pub fn cancel(&self) {
        self.watch.cancelled.store(true, Ordering::Relaxed);
    }

    /// Waits until it is done.
    ///
    /// # Errors
    /// [`SubscriptionError::Cancelled`]; [`SubscriptionError::Event`] of an event that cannot be handled; what else
    /// [`SubscriptionManager::rebuild`] says.
    pub async fn done(self) -> Result<RebuildProgress, SubscriptionError> {
        let what =
            |error: tokio::task::JoinError| SubscriptionError::Task { what: error.to_string() };
        self.task.await.map_err(what)??;
        Ok(self.watch.progress())
    }
}

impl fmt::Debug for Rebuilding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rebuilding").field("progress", &self.progress()).finish_non_exhaustive()
    }
}

/// Shared by a rebuild and those who watch it.
#[derive(Debug)]
pub(super) struct Watch {
    begun: Instant,
    events: AtomicU64,
    position: AtomicU64,
    target: AtomicU64,
    cancelled: AtomicBool,
}

impl Watch {
    fn new() -> Self {
        let number = || AtomicU64::new(0);
        let (events, position, target) = (number(), number(), number());
        Self { begun: Instant::now(), events, position, target, cancelled: AtomicBool::new(false) }
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn aim(&self, target: Position) {
        self.target.store(target.get(), Ordering::Relaxed);
    }

    fn set(&self, events: u64, position: Position) {
        self.events.store(events, Ordering::Relaxed);
        self.position.store(position.get(), Ordering::Relaxed);
    }

    #[allow(clippy::cast_precision_loss, reason = "estimates")]
    fn progress(&self) -> RebuildProgress {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (events, position, target) =
            (load(&self.events), load(&self.position), load(&self.target));
        let seconds = self.begun.elapsed().as_secs_f64();
        let rest = target.saturating_sub(position) as f64;
        let remaining = (position > 0).then(|| seconds * rest / position as f64);
        RebuildProgress {
            events,
            position: Position::new(position),
            target: Position::new(target),
            rate: if seconds > 0.0 { events as f64 / seconds } else { 0.0 },
            remaining: remaining.and_then(|rest| Duration::try_from_secs_f64(rest).ok()),
        }
    }
}

impl Entry {
    /// Follows a rebuild in batches until it has come to its target.
    async fn watch_rebuild(&self, watch: &Watch, before: u64) -> Result<(), SubscriptionError> {
        let target = watch.progress().target;
        loop {
            let reached = self.wait_for(target, Duration::from_millis(50)).await;
            let status = self.tracker.status();
            watch.set(status.events - before, status.position);
            match reached {
                Err(SubscriptionError::TimedOut { .. }) if watch.is_cancelled() => {
                    self.halt().await;
                    return Err(SubscriptionError::Cancelled { name: self.plan.name.clone() });
                }
                Err(SubscriptionError::TimedOut { .. }) => {}
                done => return done,
            }
        }
    }
}

impl<S: SubscriptionStore + Clone> SubscriptionManager<S> {
    /// Says how many events a rebuild would handle and how long it is likely to take. It tries some, and rolls that back;
    /// meanwhile a running projection may wait for rows.
    ///
    /// # Errors
    /// [`SubscriptionError::Unknown`], [`SubscriptionError::NothingToRebuild`] of what keeps nothing in the store,
    /// [`SubscriptionError::Store`].
    pub async fn plan_rebuild(&self, name: &str) -> Result<RebuildPlan, SubscriptionError> {
        self.entry(name)?.runner.plan_rebuild().await
    }

    /// Builds a projection's read models anew in their place. The subscription is stopped for it if it was running; when it was, or in
    /// batches, it runs afterwards.
    ///
    /// # Errors
    /// [`SubscriptionError::Unknown`], [`SubscriptionError::NothingToRebuild`] of what keeps nothing in the store; what comes
    /// up later is told by [`Rebuilding::done`].
    #[allow(clippy::unused_async, reason = "as the other operations")]
    pub async fn rebuild(&self, name: &str, how: Rebuild) -> Result<Rebuilding, SubscriptionError> {
        let entry = self.entry(name)?;
        if entry.plan.mode == Mode::Direct {
            return Err(SubscriptionError::NothingToRebuild { name: name.to_owned() });
        }
        let watch = Arc::new(Watch::new());
        let (watched, store) = (watch.clone(), self.store.clone());
        let task = tokio::spawn(async move {
            let was_running = entry.halt().await;
            let prepared = match store.settled().await {
                Ok(target) => {
                    watched.aim(target);
                    match how {
                        Rebuild::InOneTransaction => {
                            entry.runner.rebuild_at_once(watched.clone()).await
                        }
                        Rebuild::InBatches => entry.runner.empty().await,
                    }
                }
                Err(error) => Err(error.into()),
            };
            let before = entry.tracker.status().events;
            if was_running || (prepared.is_ok() && how == Rebuild::InBatches) {
                entry.start();
            }
            prepared?;
            if how == Rebuild::InBatches {
                entry.watch_rebuild(&watched, before).await?;
            }
            Ok(())
        });
        Ok(Rebuilding { watch, task })
    }

    /// Drops the tables of a version of a projection that no longer serves.
    ///
    /// # Errors
    /// [`SubscriptionError::Unknown`]; [`SubscriptionError::Store`] when the tables serve, or there is no right to drop them.
    pub async fn drop_version(&self, name: &str, version: u32) -> Result<(), SubscriptionError> {
        self.entry(name)?.runner.drop_version(version).await
    }
}

impl<L: SubscriptionStore + Clone, J: SubscriptionStore + Clone> Runner<L, J> {
    /// Everything in the transaction that empties the tables.
    pub(super) async fn replay_at_once(&self, watch: Arc<Watch>) -> Result<(), SubscriptionError> {
        if !self.replay(&watch, UnitOfWork::on_empty_tables()).await? {
            tracing::debug!(projection = %self.plan.name, "its rows are shared: once more, batch by batch");
            self.replay(&watch, UnitOfWork::default()).await?;
        }
        Ok(())
    }

    /// False if a handler looked for rows in the tables that the unit had not written there yet: nothing is done then.
    async fn replay(&self, watch: &Watch, mut unit: UnitOfWork) -> Result<bool, SubscriptionError> {
        let mut batch = self.begin_reset().await?;
        let mut at = self.rebuild_start();
        let target = watch.progress().target;
        let mut events = 0;
        let mut page = self.page(at.position).await?;
        // What comes later is the subscription's, or this would follow a busy log for ever.
        while page.through > at.position && at.position < target {
            if watch.is_cancelled() {
                return Err(SubscriptionError::Cancelled { name: self.plan.name.clone() });
            }
            let last = page.events.last().map(|event| event.id);
            let through = Checkpoint::new(page.through, last.or(at.event));
            let (handled, next) = tokio::join!(
                self.handle_page(&page, &mut unit, batch.backend()),
                self.page(page.through)
            );
            if unit.is_behind() {
                return Ok(false);
            }
            handled?;
            unit.flush_beyond(ROWS, batch.backend())
                .await
                .map_err(SubscriptionError::Projection)?;
            events += page.events.len() as u64;
            watch.set(events, through.position);
            (at, page) = (through, next?);
        }
        unit.flush(batch.backend()).await.map_err(SubscriptionError::Projection)?;
        batch.commit(at).await?;
        Ok(true)
    }

    /// Where a rebuild begins: as the subscription did, but for one that began at the end of the log, which is built from all.
    pub(super) fn rebuild_start(&self) -> Checkpoint {
        match self.plan.config.start_from {
            StartFrom::Position(position) => Checkpoint::new(position, None),
            _ => Checkpoint::default(),
        }
    }

    /// Tries some events in a transaction that is rolled back.
    pub(super) async fn estimate(&self) -> Result<RebuildPlan, SubscriptionError> {
        let plan = &self.plan;
        if plan.mode == Mode::Direct {
            return Err(SubscriptionError::NothingToRebuild { name: plan.name.clone() });
        }
        self.ensure_tables().await?;
        let names = self.names();
        let list = name_list(&names);
        let query = plan.query(Position::START, &names, &list, Part::WHOLE);
        let events = self.log.count_log(query).await?;
        let mut page = self.page(Position::START).await?;
        page.events.truncate(SAMPLE);
        let part = crate::checkpoint::ProjectionPart::whole(plan.name.clone(), plan.version);
        let start = BatchStart::new(part, Checkpoint::default(), None);
        let begun = Instant::now();
        let mut batch = self.journal.begin_batch(start).await?;
        let mut unit = UnitOfWork::default();
        self.handle_page(&page, &mut unit, batch.backend()).await?;
        unit.flush(batch.backend()).await.map_err(SubscriptionError::Projection)?;
        drop(batch);
        let tried = u32::try_from(page.events.len().max(1)).unwrap_or(u32::MAX);
        let each = begun.elapsed() / tried;
        let duration = each.saturating_mul(u32::try_from(events).unwrap_or(u32::MAX));
        Ok(RebuildPlan { events, duration })
    }

    fn names(&self) -> Subscribed {
        let first = self.plan.processors.first();
        first.map_or(Subscribed::All, |processor| processor.subscribed_to())
    }

    async fn page(&self, after: Position) -> Result<LogPage, SubscriptionError> {
        let names = self.names();
        let list = name_list(&names);
        let query = self.plan.query(after, &names, &list, Part::WHOLE);
        Ok(self.log.read_log(query, self.plan.config.batch_size.max(SAMPLE)).await?)
    }

    async fn handle_page(
        &self,
        page: &LogPage,
        unit: &mut UnitOfWork,
        backend: &mut dyn ReadModelBackend,
    ) -> Result<(), SubscriptionError> {
        let streams = streams_of(&page.events);
        for event in &page.events {
            let processors = self.plan.processors.iter().zip(0..);
            let mut ours = processors.filter(|(_, number)| {
                let part = Part::new(*number, self.plan.parts());
                part.is_some_and(|part| part.has(event.stream.id()))
            });
            let Some((processor, _)) = ours.next() else { continue };
            let tables = self.plan.tables;
            let mut batch = Batch {
                event,
                tables,
                streams: &streams,
                backend: &mut *backend,
                unit: &mut *unit,
            };
            let limit = self.plan.config.handler_timeout;
            processor.handle(limit, event, &mut batch).await.map_err(|cause| {
                let (position, event) = (event.position, event.id);
                SubscriptionError::Event { event, position, attempts: 1, cause }
            })?;
        }
        Ok(())
    }
}

/// The names to filter by, borrowed.
pub(super) fn name_list(names: &Subscribed) -> Vec<&str> {
    match names {
        Subscribed::Names(names) => names.iter().map(AsRef::as_ref).collect(),
        Subscribed::All => Vec::new(),
    }
}
