//! Runs one subscription in this process: asks for leases, keeps a worker for each, and tells how it ended.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use uuid::Uuid;

use super::error::SubscriptionError;
use super::metrics;
use super::processor::Plan;
use super::status::{Ended, Tracker};
use super::watchdog::Watchdog;
use super::worker::{Control, Stop, Worker};
use crate::checkpoint::{Checkpoint, ProjectionPart};
use crate::error::StoreError;
use crate::inline::panic_text;
use crate::lease::{Lease, LeaseRequest, Leases};
use crate::projection::ProjectionError;
use crate::subscription_store::{HeldUp, Promotion, SubscriptionStore};
use crate::version::Position;

/// One subscription: what it runs, where it reads, where it keeps its checkpoint.
pub(super) struct Runner<L, J> {
    pub(super) log: L,
    pub(super) journal: J,
    pub(super) plan: Arc<Plan>,
    pub(super) tracker: Arc<Tracker>,
}

impl<L: SubscriptionStore + Clone, J: SubscriptionStore + Clone> Runner<L, J> {
    /// Runs until it is told to stop or cannot go on.
    pub(super) async fn run(self: Arc<Self>, control: watch::Receiver<Control>) -> Ended {
        self.tracker.started();
        let _watchdog = Watchdog::start(self.tracker.clone(), self.stuck_after());
        let mut crew = Crew {
            owner: Uuid::now_v7(),
            runner: self.clone(),
            control,
            workers: JoinSet::new(),
            running: BTreeMap::new(),
            goal: None,
            promote_after: None,
            hole: None,
        };
        let ended = match crew.work().await {
            Ok(()) => Ended::Stopped,
            Err(error) => Ended::Failed(error),
        };
        crew.disband().await;
        if let Ended::Failed(error) = &ended {
            tracing::error!(subscription = %self.plan.name, %error,
                "the subscription has failed");
        }
        self.tracker.end(ended.clone());
        ended
    }

    /// Makes the tables that it needs.
    pub(super) async fn ensure_tables(&self) -> Result<(), StoreError> {
        for table in self.plan.built() {
            self.journal.ensure_table(table).await?;
        }
        Ok(())
    }

    /// After so long it is not the event that takes its time: a handler that gives its thread back is cut off in half of that.
    /// Nor is it a busy machine, or a panic that writes down where it came from.
    fn stuck_after(&self) -> Duration {
        self.plan.config.handler_timeout.saturating_mul(2).max(Duration::from_secs(1))
    }

    pub(super) fn promotions(&self) -> Vec<Promotion> {
        let declared = self.plan.tables.declared.iter();
        declared.map(|table| Promotion::new(table, table.of_version(self.plan.version))).collect()
    }
}

/// The workers of one subscription in this process.
pub(super) struct Crew<L: SubscriptionStore, J: SubscriptionStore> {
    owner: Uuid,
    pub(super) runner: Arc<Runner<L, J>>,
    control: watch::Receiver<Control>,
    workers: JoinSet<(u32, Stop)>,
    running: BTreeMap<u32, Hired>,
    /// What was settled when it was last looked whether a new version may serve.
    pub(super) goal: Option<Position>,
    /// No earlier than then is the serving name to be changed again.
    pub(super) promote_after: Option<Instant>,
    /// What readers waited for when that was last asked.
    hole: Option<HeldUp>,
}

/// How long readers may wait for a writer before that is said.
const PATIENCE: Duration = Duration::from_secs(10);

/// One worker.
struct Hired {
    lease: Lease,
    control: watch::Sender<Control>,
    abort: AbortHandle,
    /// It was told to give its part to another process.
    leaving: bool,
}

impl<L: SubscriptionStore + Clone, J: SubscriptionStore + Clone> Crew<L, J> {
    async fn work(&mut self) -> Result<(), SubscriptionError> {
        self.with_patience(|runner| async move { runner.ensure_tables().await }).await?;
        let beat = self.runner.plan.config.lease / 4;
        let mut next_beat = Instant::now();
        let mut serves = self.runner.plan.version == 1;
        loop {
            let told = *self.control.borrow_and_update();
            if told == Control::Stop {
                return Ok(());
            }
            self.tell(told);
            let begun = Instant::now();
            if begun >= next_beat {
                self.beat().await?;
                next_beat = begun + beat;
                // On a slow line the leases come first.
                if begun.elapsed() < beat / 2 {
                    self.take_figures().await;
                }
            }
            if !serves {
                serves = self.take_over().await?;
            }
            // A version that is to serve is looked after more often, the leases are not.
            let wait = if serves { beat } else { beat.min(Duration::from_millis(200)) };
            let wait = wait.min(
                next_beat.saturating_duration_since(Instant::now()).max(Duration::from_millis(1)),
            );
            tokio::select! {
                changed = self.control.changed() => if changed.is_err() { return Ok(()) },
                Some(ended) = self.workers.join_next() => {
                    self.ended(ended).await?;
                    next_beat = Instant::now();
                }
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Asks for leases and sees to it that each has its worker.
    async fn beat(&mut self) -> Result<(), SubscriptionError> {
        self.look_for_stuck().await?;
        let plan = self.runner.plan.clone();
        let config = &plan.config;
        let parts = plan.parts();
        let request = LeaseRequest::new(&plan.name, plan.version, parts, self.owner, config.lease);
        let asked = self.runner.journal.lease(request).await;
        let leases = match asked {
            Ok(leases) => leases,
            Err(error) => return self.bear(error),
        };
        self.staff(&leases);
        self.runner.tracker.holds(!self.running.is_empty());
        Ok(())
    }

    /// An error that passes is noted; any other ends the subscription.
    pub(super) fn bear(&self, error: StoreError) -> Result<(), SubscriptionError> {
        let error = ProjectionError::Store(error);
        if !self.runner.journal.is_transient(&error) {
            return Err(SubscriptionError::Projection(error));
        }
        tracing::warn!(subscription = %self.runner.plan.name,
            %error, "the lease cannot be extended now");
        self.runner.tracker.error(&error);
        Ok(())
    }

    fn staff(&mut self, leases: &Leases) {
        let held: HashSet<u32> = leases.held.iter().map(|lease| lease.part.number()).collect();
        for (number, hired) in &self.running {
            if !held.contains(number) {
                // Taken over by another process: nothing that it does can be committed.
                hired.abort.abort();
            }
        }
        for lease in &leases.held {
            let number = lease.part.number();
            match self.running.get(&number) {
                None => self.hire(*lease),
                Some(hired) if hired.lease.epoch != lease.epoch => hired.abort.abort(),
                Some(_) => {}
            }
        }
        let too_many = self.running.len().saturating_sub(leases.share);
        for hired in self.running.values_mut().rev().take(too_many) {
            hired.leaving = true;
            hired.control.send_replace(Control::Stop);
        }
    }

    fn hire(&mut self, lease: Lease) {
        let runner = &self.runner;
        let number = lease.part.number();
        let told = *self.control.borrow();
        let (sender, receiver) = watch::channel(told);
        let plan = runner.plan.clone();
        let Some(processor) = plan.processors.get(number as usize).cloned() else { return };
        let worker = Worker {
            log: runner.log.clone(),
            journal: runner.journal.clone(),
            names: processor.subscribed_to(),
            processor,
            part: ProjectionPart::new(plan.name.clone(), plan.version, lease.part),
            plan,
            lease,
            tracker: runner.tracker.clone(),
            control: receiver,
            wakes: runner.log.wakes(),
            saved: Checkpoint::default(),
            saved_at: Instant::now(),
            seen: Checkpoint::default(),
            open: None,
            uncounted: 0,
            buried: 0,
            left_out: 0,
            last_recorded: None,
            careful: false,
            cautious: false,
            letters_at: None,
            blocked: HashSet::new(),
            passing: 0,
        };
        runner.tracker.part_begins(number, Position::START);
        let abort = self.workers.spawn(async move { (number, worker.run().await) });
        self.running.insert(number, Hired { lease, control: sender, abort, leaving: false });
    }

    fn tell(&self, told: Control) {
        for hired in self.running.values().filter(|hired| !hired.leaving) {
            hired.control.send_if_modified(|now| std::mem::replace(now, told) != told);
        }
    }

    /// A worker has ended: because it was to, because it lost its lease, or because it cannot go on.
    async fn ended(
        &mut self,
        ended: Result<(u32, Stop), tokio::task::JoinError>,
    ) -> Result<(), SubscriptionError> {
        match ended {
            Ok((number, stop)) => {
                let hired = self.running.remove(&number);
                match stop {
                    Stop::Failed(error) => {
                        self.release(hired).await;
                        Err(error)
                    }
                    Stop::Told => {
                        self.release(hired).await;
                        Ok(())
                    }
                    Stop::LeaseLost => {
                        tracing::warn!(subscription = %self.runner.plan.name, part = number, "the lease was lost");
                        Ok(())
                    }
                }
            }
            Err(error) => {
                let gone = self.running.iter().find(|(_, hired)| hired.abort.id() == error.id());
                if let Some(number) = gone.map(|(number, _)| *number) {
                    self.running.remove(&number);
                    self.runner.tracker.part_ends(number);
                }
                if error.is_cancelled() {
                    return Ok(());
                }
                Err(SubscriptionError::Task { what: panic_text(&*error.into_panic()) })
            }
        }
    }

    async fn release(&self, hired: Option<Hired>) {
        let Some(hired) = hired else { return };
        let plan = &self.runner.plan;
        if let Err(error) = self.runner.journal.release(&plan.name, plan.version, hired.lease).await
        {
            tracing::debug!(%error, "a lease could not be given back, and runs out by itself");
        }
    }

    /// How far the log goes, and whether readers wait for a writer who takes long: whoever operates the store should know
    /// who that is.
    async fn take_figures(&mut self) {
        if let Ok(head) = self.runner.log.settled().await {
            self.runner.tracker.head(head);
            metrics::lag(&self.runner.plan.name, &self.runner.tracker.status(), head);
        }
        let Ok(held_up) = self.runner.log.held_up().await else { return };
        metrics::hole(self.hole.as_ref(), held_up.as_ref());
        if let Some(hole) = held_up.as_ref().filter(|hole| hole.open_for > PATIENCE) {
            tracing::warn!(subscription = %self.runner.plan.name, by = %hole.by, open_for = ?hole.open_for,
                "readers of the log wait for a transaction that has appended and not ended");
        }
        self.hole = held_up;
    }

    /// A handler that blocks its thread cannot be cut off; but its part must not be kept from others for ever.
    async fn look_for_stuck(&self) -> Result<(), SubscriptionError> {
        let limit = self.runner.stuck_after();
        let Some(position) = self.runner.tracker.stuck(limit) else { return Ok(()) };
        // A process that was stopped as a whole sees its handlers late as well; they go on in a moment.
        tokio::time::sleep((limit / 4).min(Duration::from_millis(250))).await;
        if self.runner.tracker.stuck(limit) != Some(position) {
            return Ok(());
        }
        Err(SubscriptionError::Stuck { position, waited: limit })
    }

    /// Does something that must succeed before anything else, again while its error may pass.
    async fn with_patience<F: Future<Output = Result<(), StoreError>>>(
        &mut self,
        work: impl Fn(Arc<Runner<L, J>>) -> F,
    ) -> Result<(), SubscriptionError> {
        let mut failures = 0;
        while let Err(error) = work(self.runner.clone()).await {
            self.bear(error)?;
            failures += 1;
            let pause = self.runner.plan.config.retry.pause(failures);
            let stopped = self.control.wait_for(|control| *control == Control::Stop);
            if tokio::time::timeout(pause, stopped).await.is_ok() {
                break;
            }
        }
        Ok(())
    }

    /// Ends all workers, each after the batch that it has in hand, and gives their leases back.
    async fn disband(&mut self) {
        for hired in self.running.values_mut() {
            hired.leaving = true;
            hired.control.send_replace(Control::Stop);
        }
        let stuck = self.runner.tracker.stuck(self.runner.stuck_after());
        if stuck.is_some() {
            // Not waited for, and its lease is left to run out: it must not be taken for a clean end.
            self.workers.abort_all();
            self.workers.detach_all();
            return;
        }
        while let Some(ended) = self.workers.join_next().await {
            if let Err(error) = self.ended(ended).await {
                tracing::debug!(%error, "a worker failed while the subscription ended");
            }
        }
        let plan = &self.runner.plan;
        if let Err(error) = self.runner.journal.leave(&plan.name, plan.version, self.owner).await {
            tracing::debug!(%error, "the store forgets this worker by itself");
        }
    }
}
