//! When snapshots of an aggregate are made, and how.

use std::fmt;

use super::{Fingerprint, Snapshot};
use crate::aggregate::{Aggregate, UnknownEvents};
use crate::error::SnapshotError;
use crate::payload::Payload;
use crate::version::Version;

/// When snapshots of an aggregate are made, and how: what [`Aggregate::SNAPSHOTS`](crate::Aggregate::SNAPSHOTS) holds. It
/// knows how to write and read the state, so that nothing else need ask whether it is [`trait@Snapshot`].
pub struct SnapshotPolicy<A> {
    every: u64,
    fingerprint: Fingerprint,
    encode: fn(&A) -> Result<Payload, SnapshotError>,
    decode: fn(&Payload) -> Result<A, SnapshotError>,
}

impl<A: Aggregate + Snapshot> SnapshotPolicy<A> {
    /// After how many events a snapshot is made unless something else is said: 100.
    pub const DEFAULT: Self = Self::every(100);

    /// A snapshot whenever a save reaches or passes a version that is a multiple of `events`; none for 0.
    pub const fn every(events: u64) -> Self {
        Self {
            every: events,
            fingerprint: fingerprint::<A>(),
            encode: A::to_snapshot,
            decode: A::from_snapshot,
        }
    }
}

impl<A> SnapshotPolicy<A> {
    /// After how many events a snapshot is made.
    pub const fn get_every(&self) -> u64 {
        self.every
    }

    /// Tells snapshots of this aggregate from others: the shape of its state, and which events it passes over.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Whether a multiple was crossed on the way. One save may well jump over it.
    pub(crate) fn is_due(&self, before: Version, after: Version) -> bool {
        let multiples = |version: Version| version.get().checked_div(self.every);
        matches!((multiples(before), multiples(after)), (Some(before), Some(after)) if before < after)
    }

    pub(crate) fn encode(&self, state: &A) -> Result<Payload, SnapshotError> {
        (self.encode)(state)
    }

    pub(crate) fn decode(&self, state: &Payload) -> Result<A, SnapshotError> {
        (self.decode)(state)
    }
}

/// Of the shape, and of the events that are passed over: an event that is handled from now on was not, when older snapshots
/// were made, and they would hide it. When unknown events are passed over, all that are not handled are.
const fn fingerprint<A: Aggregate + Snapshot>() -> Fingerprint {
    let others_are_handled = matches!(A::UNKNOWN, UnknownEvents::Error);
    // A sum: the order of the rows says nothing.
    let (mut sum, mut at) = (0_u64, 0);
    while at < A::HANDLERS.len() {
        let row = &A::HANDLERS[at];
        if row.is_ignored() == others_are_handled {
            sum = sum.wrapping_add(Fingerprint::of(row.event().name()).get());
        }
        at += 1;
    }
    A::FINGERPRINT.and(Fingerprint::new(sum))
}

impl<A> Clone for SnapshotPolicy<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for SnapshotPolicy<A> {}

impl<A> fmt::Debug for SnapshotPolicy<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotPolicy")
            .field("every", &self.every)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct State;

    impl Aggregate for State {
        type Id = uuid::Uuid;
        const NAME: &'static str = "state";
        const HANDLERS: &'static [crate::Handler<Self>] = &[];

        fn initial() -> Option<Self> {
            None
        }
    }

    impl Snapshot for State {
        const FINGERPRINT: Fingerprint = Fingerprint::new(1);

        fn to_snapshot(&self) -> Result<Payload, SnapshotError> {
            Ok(Payload::encode(&())?)
        }

        fn from_snapshot(_: &Payload) -> Result<Self, SnapshotError> {
            Ok(Self)
        }
    }

    #[test]
    fn it_is_due_when_a_multiple_was_crossed() {
        let due = |every, before, after| {
            let (before, after) = (Version::new(before), Version::new(after));
            SnapshotPolicy::<State>::every(every).is_due(before, after)
        };
        assert!(due(100, 99, 100), "reached");
        assert!(due(100, 98, 103), "jumped over");
        assert!(due(100, 0, 1_000), "several at once");
        assert!(due(1, 7, 8));
        assert!(!due(100, 100, 101), "reached before");
        assert!(!due(100, 100, 199));
        assert!(!due(100, 103, 103), "nothing was saved");
        assert!(!due(0, 0, 1_000), "never");
    }
}
