//! Attempts at one event, counted before they are made.

use super::leases::{Worker, assert_moved, commit, whole};
use super::support::unique;
use super::tables::at;
use crate::checkpoint::{Checkpoint, Epoch, ProjectionPart};
use crate::lease::Lease;
use crate::subscription_store::SubscriptionStore;
use crate::version::Position;

async fn scene<S: SubscriptionStore>(store: &S) -> (ProjectionPart, Lease) {
    let part = whole(&unique("attempts"));
    let lease = Worker::new(&part.name, 1).ask(store).await.held[0];
    (part, lease)
}

async fn note<S: SubscriptionStore>(
    store: &S,
    part: &ProjectionPart,
    lease: Lease,
    position: u64,
) -> u32 {
    let noted = store.note_attempt(part, lease.epoch, Position::new(position)).await;
    noted.expect("an attempt can be counted under a lease")
}

/// Each attempt is counted when it is announced, whatever becomes of it; the count outlives the lease.
pub async fn attempts_are_counted_before_they_are_made<S: SubscriptionStore>(store: &S) {
    let (part, lease) = scene(store).await;
    for attempt in 1..=3 {
        assert_eq!(note(store, &part, lease, 7).await, attempt, "each attempt is counted");
    }
    store.release(&part.name, 1, lease).await.expect("a lease can be given back");
    let next = Worker::new(&part.name, 1);
    store.leave(&part.name, 1, next.owner).await.expect("who is not there may leave");
    let lease = next.ask(store).await.held[0];
    assert_eq!(note(store, &part, lease, 7).await, 4, "the next owner goes on counting");
}

/// Only attempts at one event are kept; attempts at another one are counted from 1.
pub async fn attempts_at_another_event_begin_anew<S: SubscriptionStore>(store: &S) {
    let (part, lease) = scene(store).await;
    for (position, attempt) in [(7, 1), (7, 2), (8, 1), (8, 2), (7, 1)] {
        assert_eq!(note(store, &part, lease, position).await, attempt, "at {position}");
    }
    store.forget_attempts(&part, lease.epoch).await.expect("they can be forgotten");
    assert_eq!(note(store, &part, lease, 7).await, 1, "they were forgotten");
}

/// A commit at or after an event forgets the attempts at it; one before it does not.
pub async fn a_commit_forgets_attempts<S: SubscriptionStore>(store: &S) {
    let (part, lease) = scene(store).await;
    note(store, &part, lease, 7).await;
    let done = commit(store, part.clone(), lease, Checkpoint::default(), at(6)).await;
    done.expect("nobody else runs it");
    assert_eq!(note(store, &part, lease, 7).await, 2, "a commit before the event");
    commit(store, part.clone(), lease, at(6), at(7)).await.expect("nobody else runs it");
    assert_eq!(note(store, &part, lease, 7).await, 1, "a commit with the event");
}

/// The attempts that are counted can be looked up, until they are forgotten.
pub async fn attempts_can_be_looked_up<S: SubscriptionStore>(store: &S) {
    let (part, lease) = scene(store).await;
    assert_eq!(found(store, &part).await, None, "nothing was tried");
    for (position, attempt) in [(7, 1), (7, 2), (8, 1)] {
        note(store, &part, lease, position).await;
        let wanted = Some((Position::new(position), attempt));
        assert_eq!(found(store, &part).await, wanted, "attempts are remembered");
    }
    assert_eq!(found(store, &whole(&unique("other"))).await, None, "nothing was tried elsewhere");
    store.forget_attempts(&part, lease.epoch).await.expect("they can be forgotten");
    assert_eq!(found(store, &part).await, None, "attempts are forgotten");
    note(store, &part, lease, 8).await;
    let done = commit(store, part.clone(), lease, Checkpoint::default(), at(8)).await;
    done.expect("nobody else runs it");
    assert_eq!(found(store, &part).await, None, "a commit forgets them too");
}

async fn found<S: SubscriptionStore>(store: &S, part: &ProjectionPart) -> Option<(Position, u32)> {
    store.attempts(part).await.expect("attempts can be looked up")
}

/// Who has no lease, or not that one any more, counts nothing.
pub async fn an_earlier_owner_counts_no_attempts<S: SubscriptionStore>(store: &S) {
    let promise = "an earlier owner counts no attempts";
    let (part, lost) = scene(store).await;
    store.release(&part.name, 1, lost).await.expect("a lease can be given back");
    let lease = Worker::new(&part.name, 1).ask(store).await.held[0];
    note(store, &part, lease, 7).await;
    for epoch in [lost.epoch, Epoch::new(lease.epoch.get() + 1), Epoch::new(0)] {
        let noted = store.note_attempt(&part, epoch, Position::new(7)).await;
        assert_moved(noted.map(drop), &part.name, promise);
        assert_moved(store.forget_attempts(&part, epoch).await, &part.name, promise);
    }
    let other = whole(&unique("nobody's"));
    let noted = store.note_attempt(&other, lease.epoch, Position::new(7)).await;
    assert_moved(noted.map(drop), &other.name, promise);
    assert_eq!(note(store, &part, lease, 7).await, 2, "{promise}");
}
