//! What a subscription is doing, for everybody to see.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::error::SubscriptionError;
use crate::projection::ProjectionError;
use crate::version::Position;

/// What a subscription is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// It was started, and has not yet learnt whether it is its turn.
    Starting,
    /// Another process runs it; this one takes over when that one ends.
    Standby,
    /// It reads what is in the log.
    CatchingUp,
    /// It has read all there is and waits for more.
    Live,
    /// Somebody has paused it, and nothing is in hand any more.
    Paused,
    /// It was not started, or was stopped.
    Stopped,
    /// It has ended with an error.
    Failed,
}

impl State {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Standby => "standby",
            Self::CatchingUp => "catching up",
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a subscription is doing, how far it has come, and how far behind it is: in this process.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SubscriptionStatus {
    /// What it is doing.
    pub state: State,
    /// How many events it has handled since it was made.
    pub events: u64,
    /// How many events were left out since then ([`OnFailure::Skip`](super::OnFailure::Skip)).
    pub skipped: u64,
    /// How many events it has put aside as dead letters since then, those that wait behind others included.
    pub parked: u64,
    /// Every event up to here is handled; of several parts the least.
    pub position: Position,
    /// How many events of the log, of any type, lie between that and what is settled, as far as this process knows.
    pub lag_events: u64,
    /// How long ago the last handled event was recorded, when it lags and has handled one; otherwise zero.
    pub lag_time: Duration,
    /// How many parts this process runs.
    pub parts: usize,
    /// The last error, with its causes, also when it has been overcome.
    pub last_error: Option<String>,
}

/// Where one subscription's workers write down what they do.
#[derive(Debug)]
pub(super) struct Tracker {
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    state: State,
    paused: bool,
    parts: BTreeMap<u32, PartStatus>,
    /// Of the parts that have ended here.
    last_position: Position,
    events: u64,
    skipped: u64,
    parked: u64,
    head: Position,
    last_recorded: Option<DateTime<Utc>>,
    last_error: Option<String>,
    ended: Option<Ended>,
}

#[derive(Debug, Clone, Copy, Default)]
struct PartStatus {
    position: Position,
    live: bool,
    /// Nothing is handled before it is told to go on.
    resting: bool,
    /// The event that a handler has in hand.
    handling: Option<(Position, Instant)>,
}

/// Why a subscription has ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Ended {
    /// Somebody has stopped it.
    Stopped,
    /// It could not go on.
    Failed(SubscriptionError),
}

impl Default for Tracker {
    fn default() -> Self {
        let inner = Inner {
            state: State::Stopped,
            paused: false,
            parts: BTreeMap::new(),
            last_position: Position::START,
            events: 0,
            skipped: 0,
            parked: 0,
            head: Position::START,
            last_recorded: None,
            last_error: None,
            ended: None,
        };
        Self { inner: Mutex::new(inner), changed: watch::Sender::new(0) }
    }
}

impl Tracker {
    pub(super) fn status(&self) -> SubscriptionStatus {
        let inner = self.inner();
        let position = inner.position();
        let lag_events = inner.head.get().saturating_sub(position.get());
        let since = inner.last_recorded.filter(|_| lag_events > 0);
        let lag_time = since.and_then(|time| (Utc::now() - time).to_std().ok()).unwrap_or_default();
        SubscriptionStatus {
            state: inner.state(),
            events: inner.events,
            skipped: inner.skipped,
            parked: inner.parked,
            position,
            lag_events,
            lag_time,
            parts: inner.parts.len(),
            last_error: inner.last_error.clone(),
        }
    }

    /// Hears of every change.
    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        self.inner().ended.clone()
    }

    pub(super) fn started(&self) {
        self.change(|inner| {
            inner.state = State::Starting;
            inner.ended = None;
            inner.parts.clear();
        });
    }

    pub(super) fn end(&self, ended: Ended) {
        self.change(|inner| {
            inner.last_position = inner.position();
            inner.parts.clear();
            inner.state = match &ended {
                Ended::Stopped => State::Stopped,
                Ended::Failed(error) => {
                    inner.last_error = Some(with_causes(error));
                    State::Failed
                }
            };
            inner.ended = Some(ended);
        });
    }

    pub(super) fn pause(&self, paused: bool) {
        self.change(|inner| inner.paused = paused);
    }

    /// It is known now whether this process runs any part.
    pub(super) fn holds(&self, any: bool) {
        self.change(|inner| {
            inner.state = if any { State::CatchingUp } else { State::Standby };
        });
    }

    pub(super) fn part_begins(&self, part: u32, at: Position) {
        let status = PartStatus { position: at, ..PartStatus::default() };
        self.change(|inner| {
            inner.parts.insert(part, status);
        });
    }

    pub(super) fn part_ends(&self, part: u32) {
        self.change(|inner| {
            inner.last_position = inner.position();
            inner.parts.remove(&part);
        });
    }

    /// So many events more are handled, and everything up to `position` is.
    pub(super) fn moved(
        &self,
        part: u32,
        events: u64,
        position: Position,
        last: Option<DateTime<Utc>>,
    ) {
        self.change(|inner| {
            inner.events += events;
            inner.last_recorded = last.or(inner.last_recorded);
            inner.head = inner.head.max(position);
            inner.part(part).position = position;
        });
    }

    pub(super) fn skipped(&self, events: u64) {
        if events > 0 {
            self.change(|inner| inner.skipped += events);
        }
    }

    pub(super) fn parked(&self, letters: u64) {
        if letters > 0 {
            self.change(|inner| inner.parked += letters);
        }
    }

    /// Everything there is has been read, or there is more.
    pub(super) fn live(&self, part: u32, live: bool) {
        if self.inner().parts.get(&part).is_some_and(|part| part.live != live) {
            self.change(|inner| inner.part(part).live = live);
        }
    }

    pub(super) fn rests(&self, part: u32, resting: bool) {
        if self.inner().parts.get(&part).is_some_and(|part| part.resting != resting) {
            self.change(|inner| inner.part(part).resting = resting);
        }
    }

    pub(super) fn all_rest(&self) -> bool {
        self.inner().rests()
    }

    pub(super) fn head(&self, head: Position) {
        if head > self.inner().head {
            self.change(|inner| inner.head = head);
        }
    }

    pub(super) fn error(&self, error: &(dyn std::error::Error + 'static)) {
        self.change(|inner| inner.last_error = Some(with_causes(error)));
    }

    /// A handler gets an event, or gives it back. Not a change that anybody waits for.
    pub(super) fn handling(&self, part: u32, event: Option<Position>) {
        self.inner().part(part).handling = event.map(|event| (event, Instant::now()));
    }

    /// The event that a handler has had in hand for longer than that.
    pub(super) fn stuck(&self, limit: Duration) -> Option<Position> {
        let inner = self.inner();
        let mut handling = inner.parts.values().filter_map(|part| part.handling);
        handling.find(|(_, since)| since.elapsed() > limit).map(|(event, _)| event)
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.inner());
        self.changed.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    /// Nothing panics between two changes that belong together.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn part(&mut self, part: u32) -> &mut PartStatus {
        self.parts.entry(part).or_default()
    }

    fn position(&self) -> Position {
        self.parts.values().map(|part| part.position).min().unwrap_or(self.last_position)
    }

    /// Nothing is in hand any more.
    fn rests(&self) -> bool {
        self.parts.values().all(|part| part.resting)
    }

    fn state(&self) -> State {
        match self.state {
            State::CatchingUp | State::Starting if self.paused && self.rests() => State::Paused,
            State::CatchingUp if self.parts.is_empty() => State::Standby,
            State::CatchingUp if self.parts.values().all(|part| part.live) => State::Live,
            state => state,
        }
    }
}

/// An error and its causes on one line.
pub(super) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        // A transparent layer says the same again.
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

/// The text of a handler's error, for a dead letter.
pub(super) fn letter_text(error: &ProjectionError) -> String {
    with_causes(error)
}
