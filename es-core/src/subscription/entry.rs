//! One subscription of a manager, running or not, and the handle on it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{RwLock, RwLockReadGuard, watch};
use tokio::task::JoinHandle;

use super::error::SubscriptionError;
use super::operations::Operations;
use super::processor::Plan;
use super::status::{Ended, State, SubscriptionStatus, Tracker};
use super::worker::Control;
use crate::version::Position;

pub(super) struct Entry {
    pub(super) plan: Arc<Plan>,
    pub(super) tracker: Arc<Tracker>,
    pub(super) runner: Arc<dyn Operations>,
    running: Mutex<Option<Running>>,
}

/// The task of a subscription: it ends with the manager.
struct Running {
    control: watch::Sender<Control>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Entry {
    pub(super) fn new(plan: Arc<Plan>, tracker: Arc<Tracker>, runner: Arc<dyn Operations>) -> Self {
        Self { plan, tracker, runner, running: Mutex::new(None) }
    }

    /// Starts it, unless it runs.
    pub(super) fn start(&self) {
        let mut running = self.running();
        if self.runs(running.as_ref()) {
            return;
        }
        self.tracker.started();
        self.tracker.pause(false);
        let (control, told) = watch::channel(Control::Run);
        let runner = self.runner.clone();
        let task = tokio::spawn(async move { runner.run(told).await });
        *running = Some(Running { control, task });
    }

    /// Ends it after the batch in hand, or at the deadline.
    pub(super) async fn stop(&self, deadline: Duration) -> Result<(), SubscriptionError> {
        let Some(mut running) = self.running().take() else { return Ok(()) };
        running.control.send_replace(Control::Stop);
        match tokio::time::timeout(deadline, &mut running.task).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                let error = SubscriptionError::Task { what: error.to_string() };
                self.tracker.end(Ended::Failed(error.clone()));
                Err(error)
            }
            Err(_) => {
                running.task.abort();
                self.tracker.end(Ended::Stopped);
                Err(SubscriptionError::CutOff { name: self.plan.name.clone() })
            }
        }
    }

    /// Ends it after the batch in hand, however long that takes. Whether it was running.
    pub(super) async fn halt(&self) -> bool {
        let was_running = self.runs(self.running().as_ref());
        // A batch ends: each handler has its time.
        let _ = self.stop(Duration::from_hours(1)).await;
        was_running
    }

    pub(super) fn tell(&self, told: Control) {
        if let Some(running) = self.running().as_ref() {
            self.tracker.pause(told == Control::Pause);
            running.control.send_replace(told);
        }
    }

    /// Comes when it has failed.
    pub(super) async fn failure(&self) -> SubscriptionError {
        loop {
            if let Ended::Failed(error) = self.ended().await {
                return error;
            }
            self.next_change().await;
        }
    }

    pub(super) async fn ended(&self) -> Ended {
        let mut changes = self.tracker.listen();
        loop {
            if let Some(ended) = self.tracker.ended() {
                return ended;
            }
            if changes.changed().await.is_err() {
                return Ended::Stopped;
            }
        }
    }

    async fn next_change(&self) {
        let _ = self.tracker.listen().changed().await;
    }

    pub(super) async fn wait_for(
        &self,
        position: Position,
        timeout: Duration,
    ) -> Result<(), SubscriptionError> {
        let begun = Instant::now();
        let mut changes = self.tracker.listen();
        let mut pause = Duration::from_millis(5);
        loop {
            let status = self.tracker.status();
            let all_here = status.parts == self.plan.processors.len();
            if all_here && status.position >= position {
                return Ok(());
            }
            let name = || self.plan.name.clone();
            // Other processes may have all parts, or some.
            if !all_here && self.runner.has_reached(position).await? {
                return Ok(());
            }
            match (status.state, self.tracker.ended()) {
                (_, Some(Ended::Failed(error))) => return Err(error),
                (State::Stopped, _) => return Err(SubscriptionError::NotRunning { name: name() }),
                _ => {}
            }
            let waited = begun.elapsed();
            if waited >= timeout {
                let position = status.position;
                return Err(SubscriptionError::TimedOut { name: name(), position, waited });
            }
            let left = timeout.saturating_sub(waited);
            let longest = if all_here { left } else { pause.min(left) };
            let _ = tokio::time::timeout(longest, changes.changed()).await;
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }

    /// Not any more once it is known to have ended, though its task may need another moment.
    fn runs(&self, running: Option<&Running>) -> bool {
        running.is_some_and(|it| !it.task.is_finished()) && self.tracker.ended().is_none()
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A subscription of a manager: what it is doing, when and why it ends, and the projection itself.
pub struct Subscription<P> {
    entry: Arc<Entry>,
    projection: Arc<RwLock<P>>,
}

impl<P: Send + Sync> Subscription<P> {
    pub(super) const fn new(entry: Arc<Entry>, projection: Arc<RwLock<P>>) -> Self {
        Self { entry, projection }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.entry.plan.name
    }

    /// What it is doing in this process.
    pub fn status(&self) -> SubscriptionStatus {
        self.entry.tracker.status()
    }

    /// The projection, to be queried, between two events. It waits while the guard lives, so let go of it soon. Of a projection in parts, the
    /// first one.
    pub async fn read(&self) -> RwLockReadGuard<'_, P> {
        self.projection.read().await
    }

    /// Waits until it has ended, and tells why.
    pub async fn ended(&self) -> Ended {
        self.entry.ended().await
    }

    /// Waits until everything up to `position` is handled.
    ///
    /// # Errors
    /// As [`SubscriptionManager::wait_for`](super::SubscriptionManager::wait_for).
    pub async fn wait_for(
        &self,
        position: Position,
        timeout: Duration,
    ) -> Result<(), SubscriptionError> {
        self.entry.wait_for(position, timeout).await
    }
}

impl<P> Clone for Subscription<P> {
    fn clone(&self) -> Self {
        Self { entry: self.entry.clone(), projection: self.projection.clone() }
    }
}

impl<P> fmt::Debug for Subscription<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("name", &self.entry.plan.name)
            .field("status", &self.entry.tracker.status())
            .finish_non_exhaustive()
    }
}
