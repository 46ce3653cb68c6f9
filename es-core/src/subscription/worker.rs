//! Runs one part of a subscription while its lease lasts: reads pages, has them handled, waits for more.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tracing::Instrument as _;
use uuid::Uuid;

use super::config::CheckpointEvery;
use super::error::SubscriptionError;
use super::metrics;
use super::processor::{Mode, Plan, Processor};
use super::status::Tracker;
use crate::checkpoint::{Checkpoint, ProjectionPart};
use crate::error::StoreError;
use crate::lease::Lease;
use crate::projection::ProjectionError;
use crate::projection_store::BatchStart;
use crate::store::{LogPage, LogQuery};
use crate::subscriber::Subscribed;
use crate::subscription_store::SubscriptionStore;
use crate::version::Position;
use crate::wake::Wakes;

/// What the workers of a subscription are to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    Run,
    Pause,
    Stop,
}

/// Why a worker has come to its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// It was told to.
    Told,
    /// Somebody else has its part now.
    LeaseLost,
    /// It cannot go on.
    Failed(SubscriptionError),
}

/// Why something did not work, by what is to be done.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Try again later.
    Passing(ProjectionError),
    /// It may be the fault of an event.
    Event(ProjectionError),
    /// Go on from what is in the store.
    Again,
    /// Nothing can be done here.
    End(Stop),
}

/// The events are read from `log`; where the worker stands is kept in `journal`, which is the same store unless the
/// projection is in memory.
pub(super) struct Worker<L, J: SubscriptionStore> {
    pub(super) log: L,
    pub(super) journal: J,
    pub(super) plan: Arc<Plan>,
    pub(super) processor: Arc<dyn Processor>,
    pub(super) part: ProjectionPart,
    pub(super) lease: Lease,
    pub(super) tracker: Arc<Tracker>,
    pub(super) control: watch::Receiver<Control>,
    pub(super) wakes: Wakes,
    pub(super) names: Subscribed,
    /// What is in the store.
    pub(super) saved: Checkpoint,
    pub(super) saved_at: Instant,
    /// What is handled: beyond `saved` when the checkpoint follows later.
    pub(super) seen: Checkpoint,
    /// A transaction with what is handled beyond `saved`.
    pub(super) open: Option<J::Batch>,
    /// How many events that transaction holds.
    pub(super) uncounted: u64,
    /// How many dead letters it holds.
    pub(super) buried: u64,
    /// How many it leaves out.
    pub(super) left_out: u64,
    /// When the last event that was handled was recorded.
    pub(super) last_recorded: Option<DateTime<Utc>>,
    /// The next page is handled event by event, each attempt counted before it is made.
    pub(super) careful: bool,
    /// Until the log is quiet, each page is committed by itself: some event in what comes cannot be handled.
    pub(super) cautious: bool,
    /// When it was last looked for dead letters to be tried again.
    pub(super) letters_at: Option<Instant>,
    /// Streams whose events wait behind a dead letter.
    pub(super) blocked: HashSet<Uuid>,
    pub(super) passing: u32,
}

impl<L: SubscriptionStore + Clone, J: SubscriptionStore> Worker<L, J> {
    pub(super) async fn run(mut self) -> Stop {
        let number = self.part.part.number();
        let stop = loop {
            match self.begin_and_go_on().await {
                Err(Trouble::End(stop)) => break stop,
                Err(Trouble::Passing(error)) => self.wait_out(&error).await,
                Err(Trouble::Again) => {}
                // Of no event in particular.
                Err(Trouble::Event(error)) => {
                    break Stop::Failed(SubscriptionError::Projection(error));
                }
                Ok(()) => break Stop::Told,
            }
            if self.is_told_to_stop() {
                break Stop::Told;
            }
        };
        let kept = matches!(stop, Stop::Told) || self.plan.mode == Mode::Direct;
        if kept && self.seen != self.saved {
            // What was handled is kept; when that fails, it is handled again next time.
            if let Err(trouble) = self.save().await {
                tracing::debug!(?trouble, "the last checkpoint could not be saved");
            }
        }
        self.tracker.part_ends(number);
        stop
    }

    async fn begin_and_go_on(&mut self) -> Result<(), Trouble> {
        self.find_start().await?;
        self.tracker.part_begins(self.part.part.number(), self.seen.position);
        if std::mem::take(&mut self.lease.unclean) {
            self.find_out_about_predecessor().await?;
        }
        self.load_blocked().await?;
        let mut ahead: Option<LogPage> = None;
        let mut quiet = Quiet::new(self.plan.config.poll);
        loop {
            if !self.may_run().await? {
                return Ok(());
            }
            self.retry_letters().await?;
            let page = match ahead.take() {
                Some(page) => page,
                None => {
                    read(&self.log, &self.plan, &self.names, &self.part, self.seen.position).await?
                }
            };
            self.tracker.head(page.through);
            let last = page.events.len() < self.plan.config.batch_size;
            self.tracker.live(self.part.part.number(), last);
            if page.through <= self.seen.position {
                self.settle_down().await?;
                quiet.wait(&mut self.wakes, &mut self.control).await;
                continue;
            }
            quiet.end();
            let next = self.next_page(&page, last);
            let span = tracing::debug_span!("es.batch", projection = %self.part, events = page.events.len(),
                through = %page.through);
            let (handled, next) = tokio::join!(self.process(page, last).instrument(span), next);
            handled?;
            if next.is_err() {
                // What is done is kept, and its connection given back, which may be the very one that reading lacks.
                self.commit_open().await?;
            }
            ahead = next?;
            self.passing = 0;
            if last {
                self.cautious = false;
                // What has come meanwhile has woken us already.
                quiet.wait(&mut self.wakes, &mut self.control).await;
            }
        }
    }

    /// Reads on while a page is handled; not when there is nothing more yet.
    fn next_page(
        &self,
        page: &LogPage,
        last: bool,
    ) -> impl Future<Output = Result<Option<LogPage>, Trouble>> + use<L, J> {
        let (log, plan, names) = (self.log.clone(), self.plan.clone(), self.names.clone());
        let (part, after) = (self.part.clone(), page.through);
        async move {
            if last {
                return Ok(None);
            }
            read(&log, &plan, &names, &part, after).await.map(Some)
        }
    }

    /// Waits while the subscription is paused. False when it is to stop.
    async fn may_run(&mut self) -> Result<bool, Trouble> {
        if *self.control.borrow() == Control::Pause {
            // An open transaction is not kept over a pause.
            self.commit_open().await?;
            self.tracker.rests(self.part.part.number(), true);
        }
        let waited = self.control.wait_for(|control| *control != Control::Pause).await;
        let runs = waited.is_ok_and(|control| *control == Control::Run);
        self.tracker.rests(self.part.part.number(), false);
        Ok(runs)
    }

    pub(super) fn is_told_to_stop(&self) -> bool {
        *self.control.borrow() == Control::Stop || self.control.has_changed().is_err()
    }

    /// Nothing more to read: what is handled is saved, if that is not put off any longer.
    pub(super) async fn settle_down(&mut self) -> Result<(), Trouble> {
        if self.seen == self.saved {
            return Ok(());
        }
        let due = match self.plan.config.checkpoint {
            CheckpointEvery::Interval(pause) if self.plan.mode == Mode::Direct => pause,
            _ if self.open.is_some() => Duration::ZERO,
            // Only events of other types went by.
            _ => self.plan.config.poll,
        };
        if self.saved_at.elapsed() >= due { self.save().await } else { Ok(()) }
    }

    /// Waits before something that failed for a passing reason is done again, from what is in the store.
    async fn wait_out(&mut self, error: &ProjectionError) {
        self.passing += 1;
        metrics::failed(&self.part);
        tracing::warn!(projection = %self.part, %error, times = self.passing,
            "a passing error, trying again");
        self.tracker.error(error);
        self.roll_back();
        self.tracker.rests(self.part.part.number(), true);
        self.pause(self.plan.config.retry.pause(self.passing)).await;
        self.tracker.rests(self.part.part.number(), false);
    }

    /// Gives up the open transaction, and what was handled in it.
    pub(super) fn roll_back(&mut self) {
        self.open = None;
        (self.uncounted, self.buried, self.left_out) = (0, 0, 0);
        if self.plan.mode == Mode::InBatch {
            self.seen = self.saved;
        }
    }

    /// A pause that a stop ends.
    pub(super) async fn pause(&mut self, pause: Duration) {
        let stopped = self.control.wait_for(|control| *control == Control::Stop);
        let _ = tokio::time::timeout(pause, stopped).await;
    }

    pub(super) fn start(&self) -> BatchStart {
        // A handler that is away for longer has failed anyway. Whoever takes over from a stopped process waits for its rows in
        // a handler, which begins to wait after that process has fallen silent, and so does not run out of time first.
        let silence = self.plan.config.handler_timeout;
        BatchStart::new(self.part.clone(), self.saved, Some(self.lease.epoch)).idle_limit(silence)
    }

    pub(super) fn store(&self, error: StoreError) -> Trouble {
        self.trouble(error.into())
    }

    /// What is to be done about an error.
    pub(super) fn trouble(&self, error: ProjectionError) -> Trouble {
        use crate::error::StoreError as S;
        match &error {
            ProjectionError::Store(S::CheckpointMoved { .. }) => Trouble::End(Stop::LeaseLost),
            _ if self.journal.is_transient(&error) => Trouble::Passing(error),
            // Whatever the event: every one of them would fail.
            ProjectionError::Context { .. } | ProjectionError::Undeclared { .. } => {
                failed(SubscriptionError::Projection(error))
            }
            ProjectionError::Store(
                S::Schema { .. }
                | S::Unsafe { .. }
                | S::MissingTable { .. }
                | S::TableDiffers { .. }
                | S::TableDenied { .. }
                | S::NoReadModels { .. }
                | S::ForeignCheckpoint { .. }
                | S::Parts { .. }
                | S::Superseded { .. },
            ) => failed(SubscriptionError::Projection(error)),
            _ => Trouble::Event(error),
        }
    }
}

pub(super) fn failed(error: SubscriptionError) -> Trouble {
    Trouble::End(Stop::Failed(error))
}

/// A page of the log as the subscription wants it.
async fn read<L: SubscriptionStore>(
    log: &L,
    plan: &Plan,
    names: &Subscribed,
    part: &ProjectionPart,
    after: Position,
) -> Result<LogPage, Trouble> {
    let list = super::rebuild::name_list(names);
    let query = plan.query(after, names, &list, part.part);
    log.read_log(query, plan.config.batch_size).await.map_err(|error| {
        let error = ProjectionError::Store(error);
        if log.is_transient(&error) {
            Trouble::Passing(error)
        } else {
            failed(SubscriptionError::Projection(error))
        }
    })
}

impl Plan {
    /// What is read of the log.
    pub(super) fn query<'a>(
        &'a self,
        after: Position,
        names: &Subscribed,
        list: &'a [&'a str],
        part: crate::checkpoint::Part,
    ) -> LogQuery<'a> {
        let mut query = LogQuery::after(after);
        if !matches!(names, Subscribed::All) {
            query = query.names(list);
        }
        query.category = self.config.category.as_deref();
        query.tenant = self.config.tenant.as_deref();
        if part != crate::checkpoint::Part::WHOLE {
            query = query.part(part);
        }
        query
    }
}

/// The pauses of a quiet log: short at first, as what has just come is often followed by more.
struct Quiet {
    next: Duration,
    longest: Duration,
}

impl Quiet {
    const FIRST: Duration = Duration::from_millis(2);

    fn new(longest: Duration) -> Self {
        Self { next: Self::FIRST.min(longest), longest }
    }

    fn end(&mut self) {
        self.next = Self::FIRST.min(self.longest);
    }

    async fn wait(&mut self, wakes: &mut Wakes, control: &mut watch::Receiver<Control>) {
        tokio::select! {
            () = wakes.next() => {}
            () = tokio::time::sleep(self.next) => self.next = (self.next * 2).min(self.longest),
            _ = control.changed() => {}
        }
    }
}
