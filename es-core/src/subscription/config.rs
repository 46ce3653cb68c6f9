//! The knobs of a subscription, each with its default.

use std::time::Duration;

use crate::version::Position;

/// How a subscription is run.
///
/// ```
/// use std::time::Duration;
/// use es_core::subscription::{CheckpointEvery, OnFailure, Retry, SubscriptionConfig};
/// let config = SubscriptionConfig::new()
///     .batch_size(1_000)
///     .checkpoint(CheckpointEvery::Interval(Duration::from_secs(2)))
///     .retry(Retry::times(5))
///     .on_failure(OnFailure::Park);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SubscriptionConfig {
    pub(super) start_from: StartFrom,
    pub(super) batch_size: usize,
    pub(super) checkpoint: CheckpointEvery,
    pub(super) retry: Retry,
    pub(super) on_failure: OnFailure,
    pub(super) category: Option<String>,
    pub(super) tenant: Option<String>,
    pub(super) handler_timeout: Duration,
    pub(super) lease: Duration,
    pub(super) poll: Duration,
}

impl Default for SubscriptionConfig {
    fn default() -> Self {
        Self {
            start_from: StartFrom::Beginning,
            batch_size: 500,
            checkpoint: CheckpointEvery::Batch,
            retry: Retry::default(),
            on_failure: OnFailure::Stop,
            category: None,
            tenant: None,
            handler_timeout: Duration::from_secs(30),
            lease: Duration::from_secs(10),
            poll: Duration::from_secs(1),
        }
    }
}

impl SubscriptionConfig {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where it begins when it has no checkpoint (default: at the beginning). A checkpoint, once there is one, always
    /// wins, so that a restart neither skips nor repeats anything; `SubscriptionManager::reset` takes it away.
    pub const fn start_from(mut self, start: StartFrom) -> Self {
        self.start_from = start;
        self
    }

    /// How many events are read at a time, and handled in one transaction (default 500, at least 1).
    pub const fn batch_size(mut self, events: usize) -> Self {
        self.batch_size = if events == 0 { 1 } else { events };
        self
    }

    /// When a checkpoint is saved (default: with each batch).
    pub const fn checkpoint(mut self, every: CheckpointEvery) -> Self {
        self.checkpoint = every;
        self
    }

    /// How often an event that a handler failed at is tried again, and after what pauses.
    pub const fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// What becomes of an event that still fails then (default: the subscription stops).
    pub const fn on_failure(mut self, policy: OnFailure) -> Self {
        self.on_failure = policy;
        self
    }

    /// Only events of streams of this category (default: of all).
    pub fn category(mut self, category: impl Into<String>) -> Self {
        self.category = Some(category.into());
        self
    }

    /// Only events whose metadata name this tenant (default: all).
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// How long a handler may take for one event (default 30 s). One that takes longer has failed; one that keeps its thread for
    /// more than twice as long, and more than a second, ends its subscription.
    pub const fn handler_timeout(mut self, limit: Duration) -> Self {
        self.handler_timeout = limit;
        self
    }

    /// For how long a process that gives no sign of life keeps the subscription to itself (default 10 s, at least 10 ms).
    /// Another one takes over within one and a half times that.
    pub const fn lease(mut self, duration: Duration) -> Self {
        let least = Duration::from_millis(10);
        self.lease = if duration.as_millis() < least.as_millis() { least } else { duration };
        self
    }

    /// The longest pause between two looks at a quiet log (default 1 s, at least 1 ms). Wake-ups make it come sooner; a look that finds
    /// something is followed by quick ones.
    pub const fn poll(mut self, longest: Duration) -> Self {
        let least = Duration::from_millis(1);
        self.poll = if longest.as_millis() < least.as_millis() { least } else { longest };
        self
    }
}

/// Where a subscription without a checkpoint begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum StartFrom {
    /// With the first event of the log.
    #[default]
    Beginning,
    /// With what is appended from now on.
    End,
    /// It does not: without a checkpoint it fails. For subscribers that must not see old events again should the checkpoint get lost.
    Checkpoint,
    /// With the first event after this position.
    Position(Position),
}

/// When a checkpoint is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum CheckpointEvery {
    /// After each event; for a projection in the store that is a transaction for each.
    Event,
    /// After each batch.
    #[default]
    Batch,
    /// When so much time has passed since the last one, and at the stop. For a projection in the store the transaction stays
    /// open as long, which makes long replays faster; it is committed too when there is nothing more to read.
    Interval(Duration),
}

/// What becomes of an event that cannot be handled, once all retries are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnFailure {
    /// The subscription fails, and says so; the event is the first one when it is started again.
    #[default]
    Stop,
    /// The event is left out, for good; counted and logged.
    Skip,
    /// The event becomes a dead letter, and later events of its stream wait behind it; other streams go on.
    Park,
}

/// How often, and after what pauses, something is tried again: each pause is twice the one before, up to the longest, and of
/// each a random part of up to a quarter is left out, so that many do not come back at the same moment.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Retry {
    pub(super) times: u32,
    first: Duration,
    longest: Duration,
    jitter: bool,
}

impl Retry {
    /// Not at all.
    pub const NEVER: Self = Self::times(0);

    /// Up to so many times after the first attempt.
    pub const fn times(times: u32) -> Self {
        let (first, longest) = (Duration::from_millis(100), Duration::from_secs(10));
        Self { times, first, longest, jitter: true }
    }

    /// The first pause (default 100 ms) and the longest (default 10 s).
    pub const fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        (self.first, self.longest) = (first, longest);
        self
    }

    /// Whether a random part of each pause is left out (default: yes).
    pub const fn jitter(mut self, jitter: bool) -> Self {
        self.jitter = jitter;
        self
    }

    /// The pause after so many failed attempts, counted from 1.
    pub(super) fn pause(&self, failed: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failed.saturating_sub(1).min(31));
        let pause = self.first.saturating_mul(doubled).min(self.longest);
        if !self.jitter {
            return pause;
        }
        // The end of a UUIDv7 is random.
        let random = (uuid::Uuid::now_v7().as_u128() & 0xff) as u32;
        pause.saturating_sub(pause / 4 * random / 256)
    }
}

impl Default for Retry {
    /// 3 times.
    fn default() -> Self {
        Self::times(3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let retry = Retry::times(9)
            .pauses(Duration::from_millis(10), Duration::from_millis(50))
            .jitter(false);
        let pauses: Vec<_> = (1..=5).map(|n| retry.pause(n).as_millis()).collect();
        assert_eq!(pauses, [10, 20, 40, 50, 50]);
        assert_eq!(retry.pause(u32::MAX).as_millis(), 50);
    }

    #[test]
    fn jitter_leaves_out_up_to_a_quarter() {
        let retry = Retry::times(1).pauses(Duration::from_millis(400), Duration::from_secs(1));
        let pauses: Vec<_> = (0..100).map(|_| retry.pause(1).as_millis()).collect();
        assert!(pauses.iter().all(|pause| (300..=400).contains(pause)), "{pauses:?}");
        assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{pauses:?}");
    }
}
