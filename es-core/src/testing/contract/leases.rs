//! Leases: who runs which part of a projection.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use uuid::Uuid;

use super::support::{patience, unique, yield_now};
use super::tables::at;
use crate::checkpoint::{Checkpoint, Part, ProjectionPart};
use crate::error::StoreError;
use crate::lease::{Lease, LeaseRequest, Leases};
use crate::projection_store::{BatchStart, ProjectionBatch as _};
use crate::subscription_store::SubscriptionStore;

/// Longer than any test.
const LONG: Duration = Duration::from_hours(1);

/// Runs out while a test waits.
const SHORT: Duration = Duration::from_millis(20);

/// A worker, and what it asks for.
pub(super) struct Worker<'a> {
    name: &'a str,
    parts: u32,
    pub(super) owner: Uuid,
}

impl<'a> Worker<'a> {
    pub(super) fn new(name: &'a str, parts: u32) -> Self {
        Self { name, parts, owner: Uuid::now_v7() }
    }

    pub(super) async fn ask<S: SubscriptionStore>(&self, store: &S) -> Leases {
        self.ask_for(store, LONG).await
    }

    async fn ask_for<S: SubscriptionStore>(&self, store: &S, duration: Duration) -> Leases {
        let asked = store.lease(LeaseRequest::new(self.name, 1, self.parts, self.owner, duration));
        asked.await.unwrap_or_else(|error| panic!("leases of {} are refused: {error:?}", self.name))
    }

    /// Asks until it holds something.
    async fn wait<S: SubscriptionStore>(&self, store: &S) -> Lease {
        let deadline = Instant::now() + patience();
        loop {
            if let Some(lease) = self.ask(store).await.held.first() {
                return *lease;
            }
            assert!(Instant::now() < deadline, "a lease that ran out is not given to others");
            yield_now().await;
        }
    }

    /// Gives all of its leases back, and goes.
    async fn go<S: SubscriptionStore>(&self, store: &S) {
        for lease in self.ask(store).await.held {
            store.release(self.name, 1, lease).await.expect("a lease can be given back");
        }
        store.leave(self.name, 1, self.owner).await.expect("a worker can leave");
    }
}

pub(super) fn whole(name: &str) -> ProjectionPart {
    ProjectionPart::whole(name, 1)
}

/// A batch under a lease, committed at once.
pub(super) async fn commit<S: SubscriptionStore>(
    store: &S,
    part: ProjectionPart,
    lease: Lease,
    from: Checkpoint,
    to: Checkpoint,
) -> Result<(), StoreError> {
    let start = BatchStart::new(part, from, Some(lease.epoch));
    store.begin_batch(start).await.expect("a batch can be opened").commit(to).await
}

pub(super) fn assert_moved(done: Result<(), StoreError>, name: &str, promise: &str) {
    match done {
        Err(StoreError::CheckpointMoved { projection }) => {
            assert_eq!(projection, name, "{promise}");
        }
        done => panic!("{promise}: expected `CheckpointMoved`, got {done:?}"),
    }
}

/// Of any number of workers that ask at once one gets the lease; it keeps it when it asks again, and the others get none.
pub async fn a_lease_is_given_to_one_owner_at_a_time<S: SubscriptionStore>(store: &S) {
    let name = unique("leased");
    let workers: Vec<_> = (0..8).map(|_| Worker::new(&name, 1)).collect();
    let first = join_all(workers.iter().map(|worker| worker.ask(store))).await;
    let held: Vec<_> = first.iter().flat_map(|leases| &leases.held).copied().collect();
    assert_eq!(held.len(), 1, "of eight workers one holds the lease");
    assert_eq!(held[0].part, Part::WHOLE, "a projection that is not split has one part");
    assert!(!held[0].unclean, "nobody held it before");
    for _ in 0..2 {
        for (worker, before) in workers.iter().zip(&first) {
            assert_eq!(worker.ask(store).await.held, before.held, "it stays with its owner");
        }
    }
}

/// A lease that ran out goes to whoever asks first, under a higher epoch; that it was not given back is told.
pub async fn a_lease_that_ran_out_is_taken_over_with_a_higher_epoch<S: SubscriptionStore>(
    store: &S,
) {
    let name = unique("ran out");
    let (first, second) = (Worker::new(&name, 1), Worker::new(&name, 1));
    let lost = first.ask_for(store, SHORT).await.held[0];
    let taken = second.wait(store).await;
    assert!(taken.epoch > lost.epoch, "the epoch rises: {taken:?} after {lost:?}");
    assert!(taken.unclean, "the lease was not given back");
    assert_eq!(first.ask(store).await.held, [], "it is the second one's now");
    assert_eq!(second.ask(store).await.held, [taken], "it stays with its new owner");
}

/// A lease that ran out and that nobody has taken over is extended: its owner goes on under the same epoch.
pub async fn a_lease_that_nobody_took_over_is_extended<S: SubscriptionStore>(store: &S) {
    let name = unique("extended");
    let (owner, other) = (Worker::new(&name, 1), Worker::new(&name, 1));
    let first = owner.ask_for(store, Duration::ZERO).await.held[0];
    commit(store, whole(&name), first, Checkpoint::default(), at(1)).await.expect("its own");
    assert_eq!(owner.ask(store).await.held, [first], "nobody has taken it over");
    assert_eq!(other.ask(store).await.held, [], "it is extended");
}

/// Who had a lease and lost it commits nothing, whether the new owner has moved the checkpoint or not.
pub async fn an_earlier_owner_commits_nothing<S: SubscriptionStore>(store: &S) {
    let promise = "an earlier owner commits nothing";
    let name = unique("fenced");
    let part = whole(&name);
    let (first, second) = (Worker::new(&name, 1), Worker::new(&name, 1));
    let lost = first.ask_for(store, SHORT).await.held[0];
    let start = BatchStart::new(part.clone(), Checkpoint::default(), Some(lost.epoch));
    let late = store.begin_batch(start).await.expect("a batch can be opened");
    let taken = second.wait(store).await;
    assert_moved(late.commit(at(1)).await, &name, promise);
    let found = store.checkpoint(&part).await.expect("it can be read");
    assert_eq!(found, Checkpoint::default(), "{promise}");
    commit(store, part.clone(), taken, Checkpoint::default(), at(2)).await.expect("its own");
    assert_moved(commit(store, part.clone(), lost, at(2), at(3)).await, &name, promise);
    assert_eq!(store.checkpoint(&part).await.expect("it can be read"), at(2), "{promise}");
    // Nor does it give back what is no longer its own.
    store.release(&name, 1, lost).await.expect("nothing happens");
    assert_eq!(first.ask(store).await.held, [], "{promise}");
    commit(store, part, taken, at(2), at(3)).await.expect("the new owner goes on");
}

/// A lease that was given back is free for others at once, and whoever takes it learns that it was given back.
pub async fn a_lease_given_back_is_free_at_once_and_clean<S: SubscriptionStore>(store: &S) {
    let name = unique("given back");
    let (first, second) = (Worker::new(&name, 1), Worker::new(&name, 1));
    let given = first.ask(store).await.held[0];
    store.release(&name, 1, given).await.expect("a lease can be given back");
    let taken = second.ask(store).await.held;
    assert_eq!(taken.len(), 1, "it is free at once");
    assert!(taken[0].epoch > given.epoch && !taken[0].unclean, "{taken:?} after {given:?}");
    let late = commit(store, whole(&name), given, Checkpoint::default(), at(1)).await;
    assert_moved(late, &name, "who gave a lease back commits nothing");
}

/// A commit extends the lease: a worker that commits often enough keeps it without asking.
pub async fn a_commit_extends_the_lease<S: SubscriptionStore>(store: &S) {
    let duration = Duration::from_millis(300);
    for _ in 0..20 {
        let name = unique("extended");
        let (owner, other) = (Worker::new(&name, 1), Worker::new(&name, 1));
        let lease = owner.ask_for(store, duration).await.held[0];
        let began = Instant::now();
        let (mut position, mut extended) = (Checkpoint::default(), began);
        // Until it would have run out twice. A machine that was too busy for that tries again.
        while began.elapsed() < duration * 2 {
            let (before, next) = (Instant::now(), at(position.position.get() + 1));
            let done = commit(store, whole(&name), lease, position, next).await;
            let taken = other.ask(store).await.held;
            if extended.elapsed() >= duration {
                break;
            }
            done.expect("nobody has taken over");
            assert_eq!(taken, [], "a commit extends the lease");
            (position, extended) = (next, before);
        }
        if extended.elapsed() < duration {
            return;
        }
    }
    panic!("this machine is too busy to commit every {duration:?}");
}

/// Parts are shared out among the workers that are there; who comes later gets what the others give back.
pub async fn shares_are_fair<S: SubscriptionStore>(store: &S) {
    let name = unique("shared");
    let workers: Vec<_> = (0..3).map(|_| Worker::new(&name, 5)).collect();
    let all = workers[0].ask(store).await;
    let numbers: Vec<_> = all.held.iter().map(|lease| lease.part.number()).collect();
    assert_eq!((numbers, all.share), (vec![0, 1, 2, 3, 4], 5), "one worker runs all parts");

    let second = workers[1].ask(store).await;
    assert_eq!((second.held.len(), second.share), (0, 3), "five parts for two, rounded up");
    let first = workers[0].ask(store).await;
    assert_eq!((&first.held, first.share), (&all.held, 3), "it keeps what it has");
    for lease in &first.held[3..] {
        store.release(&name, 1, *lease).await.expect("a lease can be given back");
    }
    let second = workers[1].ask(store).await;
    let numbers: Vec<_> = second.held.iter().map(|lease| lease.part.number()).collect();
    assert_eq!(numbers, [3, 4], "the second one takes what was given back");
    assert_eq!(workers[2].ask(store).await, Leases::new(Vec::new(), 2), "five parts for three");

    workers[0].go(store).await;
    let second = workers[1].ask(store).await;
    assert_eq!((second.held.len(), second.share), (3, 3), "up to its share");
    let third = workers[2].ask(store).await;
    assert_eq!((third.held.len(), third.share), (2, 3), "the rest");
    let mut held: Vec<_> = second.held.iter().chain(&third.held).map(|l| l.part.number()).collect();
    held.sort_unstable();
    assert_eq!(held, [0, 1, 2, 3, 4], "each part has one owner");
}

/// A worker from which nothing was heard for as long as it had asked for counts no more.
pub async fn a_silent_worker_has_no_share<S: SubscriptionStore>(store: &S) {
    let name = unique("silent");
    let (silent, other) = (Worker::new(&name, 2), Worker::new(&name, 2));
    other.ask(store).await;
    silent.ask_for(store, SHORT).await;
    let deadline = Instant::now() + patience();
    while other.ask(store).await.share != 2 {
        assert!(Instant::now() < deadline, "a worker that is silent has a share");
        yield_now().await;
    }
}

/// Parts have checkpoints and leases of their own.
pub async fn parts_stand_for_themselves<S: SubscriptionStore>(store: &S) {
    let name = unique("parts");
    let leases = Worker::new(&name, 2).ask(store).await.held;
    let part = |lease: &Lease| ProjectionPart::new(name.clone(), 1, lease.part);
    let found = store.checkpoints(&name, 1).await.expect("they can be listed");
    let new = Checkpoint::default();
    assert_eq!(found, [(0, new), (1, new)], "parts that are leased are listed");
    for (lease, to) in leases.iter().zip([at(5), at(7)]) {
        let done = commit(store, part(lease), *lease, new, to).await;
        done.expect("nobody else runs this part");
    }
    let found = store.checkpoints(&name, 1).await.expect("they can be listed");
    assert_eq!(found, [(0, at(5)), (1, at(7))], "checkpoints are listed by rising number");
    let found = store.checkpoint(&part(&leases[1])).await.expect("it can be read");
    assert_eq!(found, at(7), "a part has its own checkpoint");
    let found = store.checkpoints(&name, 2).await.expect("they can be listed");
    assert_eq!(found, [], "another version has none");
}

/// The number of parts may be changed as long as nothing has begun, and whoever had a part before commits nothing then.
/// Later it is refused, with both numbers.
pub async fn another_number_of_parts_is_refused_once_begun<S: SubscriptionStore>(store: &S) {
    let name = unique("split");
    let before = Worker::new(&name, 1).ask(store).await.held[0];
    let now = Worker::new(&name, 3);
    let mut leases = now.ask(store).await.held;
    assert_eq!(leases.len(), 2, "nothing has begun, and there are two workers: {leases:?}");
    let late = commit(store, whole(&name), before, Checkpoint::default(), at(1)).await;
    assert_moved(late, &name, "who had a part of another split commits nothing");
    let lease = leases.remove(0);
    let part = ProjectionPart::new(name.clone(), 1, lease.part);
    commit(store, part, lease, Checkpoint::default(), at(4)).await.expect("it has begun");
    let owner = Uuid::now_v7();
    for (asked, refused) in [
        (2, store.lease(LeaseRequest::new(&name, 1, 2, owner, LONG)).await.map(drop)),
        (1, store.checkpoint(&whole(&name)).await.map(drop)),
    ] {
        match refused {
            Err(StoreError::Parts { projection, found, asked: named }) => {
                let wanted = (name.clone(), 3, asked);
                assert_eq!((projection, found, named), wanted, "the error names both numbers");
            }
            answer => panic!("{asked} parts must be refused, not {answer:?}"),
        }
    }
    assert_moved(
        commit(store, whole(&name), before, Checkpoint::default(), at(9)).await,
        &name,
        "who had a part of another split commits nothing",
    );
}
