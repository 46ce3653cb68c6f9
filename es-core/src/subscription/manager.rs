//! The subscriptions of a process, run together.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::RwLock;

use super::config::{CheckpointEvery, SubscriptionConfig};
use super::entry::{Entry, Subscription};
use super::error::SubscriptionError;
use super::letters::DeadLetters;
use super::processor::{Declared, Mode, Plain, Plan, Processor};
use super::runner::Runner;
use super::status::{SubscriptionStatus, Tracker};
use super::worker::Control;
use crate::memory::MemoryStore;
use crate::projection::{Projection, Tables};
use crate::subscriber::EventSubscriber;
use crate::subscription_store::SubscriptionStore;
use crate::version::Position;

/// Runs subscriptions on the log of one store. Clones share them.
///
/// See the [module](super) for how they behave.
#[derive(Clone)]
pub struct SubscriptionManager<S> {
    pub(super) store: S,
    entries: Arc<Mutex<BTreeMap<String, Arc<Entry>>>>,
}

impl<S: SubscriptionStore + Clone> SubscriptionManager<S> {
    /// No subscriptions yet, on this store.
    pub fn new(store: S) -> Self {
        Self { store, entries: Arc::default() }
    }

    /// Adds a projection that keeps its read models in the store, by rows or by SQL of its own: each event takes effect
    /// exactly once. It runs from the next [`start`](Self::start) on. The checkpoint is kept under `name`.
    ///
    /// # Errors
    /// [`SubscriptionError::NameTaken`], [`SubscriptionError::BadName`]; [`SubscriptionError::TableTaken`] when another
    /// subscription writes one of its read models.
    pub fn subscribe<P: Projection + Sync>(
        &self,
        name: &str,
        projection: P,
        config: SubscriptionConfig,
    ) -> Result<Subscription<P>, SubscriptionError> {
        let shared = Arc::new(RwLock::new(projection));
        let processors: Vec<Arc<dyn Processor>> = vec![Arc::new(Declared(shared.clone()))];
        let plan = plan_of::<P>(name, Mode::InBatch, config, processors);
        let entry = self.add(self.store.clone(), plan)?;
        Ok(Subscription::new(entry, shared))
    }

    /// Adds a projection that is split: each of `parts` (at least 1) has the events of its share of the streams, with a checkpoint and a lease of
    /// its own, so that all processes that run it share the work. Within a stream the order is kept; a row that events of
    /// several streams change must not be written by it. `make` gives the handlers of one part.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn subscribe_parts<P: Projection + Sync>(
        &self,
        name: &str,
        parts: u32,
        mut make: impl FnMut() -> P,
        config: SubscriptionConfig,
    ) -> Result<Subscription<P>, SubscriptionError> {
        let shared: Vec<_> = (0..parts.max(1)).map(|_| Arc::new(RwLock::new(make()))).collect();
        let declared = |p: &Arc<RwLock<P>>| Arc::new(Declared(p.clone())) as Arc<dyn Processor>;
        let processors = shared.iter().map(declared).collect();
        let plan = plan_of::<P>(name, Mode::InBatch, config, processors);
        let entry = self.add(self.store.clone(), plan)?;
        Ok(Subscription::new(entry, shared[0].clone()))
    }

    /// Adds a projection whose read model is the struct itself, to be looked at with [`Subscription::read`]. It begins at
    /// the beginning of the log in every process, and its checkpoint is kept in memory, after each event whatever the configuration says. A handler that fails may be run again
    /// for the same event, so let it change the state last.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn subscribe_in_memory<P: Projection + Sync>(
        &self,
        name: &str,
        projection: P,
        config: SubscriptionConfig,
    ) -> Result<Subscription<P>, SubscriptionError> {
        let shared = Arc::new(RwLock::new(projection));
        let processors: Vec<Arc<dyn Processor>> = vec![Arc::new(Declared(shared.clone()))];
        // In memory that costs nothing.
        let config = config.checkpoint(CheckpointEvery::Event);
        let plan = plan_of::<P>(name, Mode::Direct, config, processors);
        let entry = self.add(MemoryStore::new(), plan)?;
        Ok(Subscription::new(entry, shared))
    }

    /// Adds a subscriber for anything: its effects are elsewhere, so an event is given to it at least once (again when the
    /// process ends before the checkpoint is saved).
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn subscribe_handler<E: EventSubscriber + Sync>(
        &self,
        name: &str,
        subscriber: E,
        config: SubscriptionConfig,
    ) -> Result<Subscription<E>, SubscriptionError> {
        let names = subscriber.subscribed_to();
        let shared = Arc::new(RwLock::new(subscriber));
        let processor: Arc<dyn Processor> = Arc::new(Plain(shared.clone(), names));
        let plan = Plan {
            name: name.to_owned(),
            version: 1,
            mode: Mode::Direct,
            tables: Tables { declared: &[], version: 1 },
            config,
            processors: vec![processor],
        };
        let entry = self.add(self.store.clone(), plan)?;
        Ok(Subscription::new(entry, shared))
    }

    /// Starts every subscription that is not running. They go on in tasks of their own: watch them by their handles or
    /// [`statuses`](Self::statuses). A projection's tables are made first, or get the columns that they lack.
    ///
    /// # Errors
    /// None yet: what goes wrong ends the subscription it concerns, and is found in its status.
    #[allow(clippy::unused_async, reason = "a later store may have to be asked first")]
    pub async fn start(&self) -> Result<(), SubscriptionError> {
        for entry in self.all() {
            entry.start();
        }
        Ok(())
    }

    /// Ends every subscription: each finishes the batch that it has in hand and gives its lease back, so that another process
    /// takes over when it next asks, within a quarter of the lease's time. What is not done by the deadline is cut off and rolled back.
    ///
    /// # Errors
    /// [`SubscriptionError::CutOff`] naming the first that had to be cut off.
    pub async fn stop(&self, deadline: Duration) -> Result<(), SubscriptionError> {
        let all = self.all();
        let stops = all.iter().map(|entry| entry.stop(deadline));
        futures_util::future::join_all(stops).await.into_iter().collect()
    }

    /// Runs all subscriptions until the process is told to end (Ctrl-C, or SIGTERM on Unix) or one of them fails, then stops them.
    ///
    /// # Errors
    /// That of the first subscription that failed; otherwise as [`stop`](Self::stop).
    pub async fn run_until_shutdown(&self, deadline: Duration) -> Result<(), SubscriptionError> {
        self.start().await?;
        let entries = self.all();
        let mut failures: FuturesUnordered<_> =
            entries.iter().map(|entry| entry.failure()).collect();
        let failed = tokio::select! {
            () = super::shutdown::requested() => None,
            Some(error) = failures.next() => Some(error),
        };
        let stopped = self.stop(deadline).await;
        match failed {
            Some(error) => Err(error),
            None => stopped,
        }
    }

    /// Pauses a subscription after the batch that it has in hand, in this process, which keeps its lease: nobody else runs it meanwhile.
    ///
    /// # Errors
    /// [`SubscriptionError::Unknown`].
    pub async fn pause(&self, name: &str) -> Result<(), SubscriptionError> {
        self.entry(name)?.pause().await;
        Ok(())
    }

    /// Lets a paused subscription go on.
    ///
    /// # Errors
    /// [`SubscriptionError::Unknown`].
    #[allow(clippy::unused_async, reason = "as the other operations")]
    pub async fn resume(&self, name: &str) -> Result<(), SubscriptionError> {
        self.entry(name)?.tell(Control::Run);
        Ok(())
    }

    /// Pauses all subscriptions, each after the batch that it has in hand.
    pub async fn pause_all(&self) {
        let all = self.all();
        futures_util::future::join_all(all.iter().map(|entry| entry.pause())).await;
    }

    /// Lets all subscriptions go on.
    pub fn resume_all(&self) {
        self.all().iter().for_each(|entry| entry.tell(Control::Run));
    }

    /// Empties a projection's read models, its dead letters and its checkpoint, in one transaction. Workers of other processes that run it
    /// cannot commit what they have in hand, and begin anew as well. A subscription that was running goes on from where its
    /// configuration says. What is kept in memory is emptied by its `#[reset]` method; of effects elsewhere nothing is taken back.
    ///
    /// # Errors
    /// [`SubscriptionError::Unknown`]; [`SubscriptionError::NothingToRebuild`] when the projection declares no read models and has
    /// no `#[reset]` method; [`SubscriptionError::Store`]: nothing is changed then.
    pub async fn reset(&self, name: &str) -> Result<(), SubscriptionError> {
        let entry = self.entry(name)?;
        let was_running = entry.halt().await;
        let done = entry.runner.reset().await;
        if was_running {
            entry.start();
        }
        done
    }

    /// What a subscription is doing in this process.
    pub fn status(&self, name: &str) -> Option<SubscriptionStatus> {
        self.entries().get(name).map(|entry| entry.tracker.status())
    }

    /// What all subscriptions are doing, by name.
    pub fn statuses(&self) -> BTreeMap<String, SubscriptionStatus> {
        let entries = self.entries();
        entries.iter().map(|(name, entry)| (name.clone(), entry.tracker.status())).collect()
    }

    /// Waits until everything up to `position` is in the read models of a subscription, whichever process runs it: read your own write.
    ///
    /// # Errors
    /// [`SubscriptionError::TimedOut`]; [`SubscriptionError::NotRunning`] when it has ended or was not started; its own error when it has failed.
    pub async fn wait_for(
        &self,
        name: &str,
        position: Position,
        timeout: Duration,
    ) -> Result<(), SubscriptionError> {
        self.entry(name)?.wait_for(position, timeout).await
    }

    /// Waits until every subscription has handled what is settled in the log now.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for), of the first that fails.
    pub async fn wait_caught_up(&self, timeout: Duration) -> Result<(), SubscriptionError> {
        let head = self.store.settled().await?;
        let all = self.all();
        let waits = all.iter().map(|entry| entry.wait_for(head, timeout));
        futures_util::future::try_join_all(waits).await.map(drop)
    }

    /// The dead letters of a subscription.
    ///
    /// # Errors
    /// [`SubscriptionError::Unknown`].
    pub fn dead_letters(&self, name: &str) -> Result<DeadLetters, SubscriptionError> {
        Ok(DeadLetters { entry: self.entry(name)? })
    }

    pub(super) fn entry(&self, name: &str) -> Result<Arc<Entry>, SubscriptionError> {
        let found = self.entries().get(name).cloned();
        found.ok_or_else(|| SubscriptionError::Unknown { name: name.to_owned() })
    }

    fn add<J: SubscriptionStore + Clone>(
        &self,
        journal: J,
        plan: Plan,
    ) -> Result<Arc<Entry>, SubscriptionError> {
        let name = plan.name.clone();
        if name.is_empty() || name.len() > 200 || name.contains('\0') {
            return Err(SubscriptionError::BadName { name });
        }
        let mut entries = self.entries();
        if entries.contains_key(&name) {
            return Err(SubscriptionError::NameTaken { name });
        }
        let taken = plan.built().find_map(|table| {
            let other = entries.iter().find(|(_, e)| e.plan.built().any(|t| t.name == table.name));
            Some((table.name, other?.0.clone()))
        });
        if let Some((table, other)) = taken {
            return Err(SubscriptionError::TableTaken { name, table, other });
        }
        let (plan, tracker) = (Arc::new(plan), Arc::new(Tracker::default()));
        let log = self.store.clone();
        let runner = Runner { log, journal, plan: plan.clone(), tracker: tracker.clone() };
        let entry = Arc::new(Entry::new(plan, tracker, Arc::new(runner)));
        entries.insert(name, entry.clone());
        Ok(entry)
    }

    fn all(&self) -> Vec<Arc<Entry>> {
        self.entries().values().cloned().collect()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn plan_of<P: Projection>(
    name: &str,
    mode: Mode,
    config: SubscriptionConfig,
    processors: Vec<Arc<dyn Processor>>,
) -> Plan {
    let (name, tables) = (name.to_owned(), Tables::of::<P>());
    Plan { name, version: P::VERSION, mode, tables, config, processors }
}

impl<S: fmt::Debug> fmt::Debug for SubscriptionManager<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscriptionManager").field("store", &self.store).finish_non_exhaustive()
    }
}
