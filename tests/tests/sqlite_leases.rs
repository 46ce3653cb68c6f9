//! Leases in an SQLite file that several processes have open, as two stores on one file are for SQLite.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::collections::HashMap;
use std::time::Duration;

use es_core::BatchStart;
use es_core::{
    Checkpoint, Lease, LeaseRequest, Leases, Position, ProjectionBatch as _, ProjectionPart,
    ProjectionStore as _, StoreError, SubscriptionStore as _,
};
use es_sqlite::SqliteStore;
use es_tests::TestFile;
use es_tests::log::until;
use futures_util::future::join_all;
use uuid::Uuid;

const HOUR: Duration = Duration::from_hours(1);
const MOMENT: Duration = Duration::from_millis(2);

fn at(position: u64) -> Checkpoint {
    Checkpoint::new(Position::new(position), None)
}

async fn ask(store: &SqliteStore, owner: Uuid, duration: Duration) -> Leases {
    store.lease(LeaseRequest::new("sums", 1, 4, owner, duration)).await.unwrap()
}

fn part(lease: &Lease) -> ProjectionPart {
    ProjectionPart::new("sums", 1, lease.part)
}

#[tokio::test]
async fn parts_are_shared_out_between_processes() {
    let file = TestFile::create();
    let (one, two) = (file.store().await, file.store().await);
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    let all = ask(&one, first, HOUR).await.held;
    assert_eq!(all.len(), 4);
    let none = ask(&two, second, HOUR).await;
    assert_eq!((none.held.len(), none.share), (0, 2));
    for lease in &all[2..] {
        one.release("sums", 1, *lease).await.unwrap();
    }
    let half = ask(&two, second, HOUR).await.held;
    assert_eq!(half.iter().map(|lease| lease.part.number()).collect::<Vec<_>>(), [2, 3]);
    assert!(half.iter().all(|lease| !lease.unclean), "{half:?}");
    one.leave("sums", 1, first).await.unwrap();
    assert_eq!(ask(&two, second, HOUR).await.share, 4);
}

/// Its count of attempts stays, so that the next owner knows what may have ended it.
#[tokio::test]
async fn who_died_is_followed_by_another_process() {
    let file = TestFile::create();
    let (one, two) = (file.store().await, file.store().await);
    let lost = ask(&one, Uuid::now_v7(), MOMENT).await.held[0];
    assert_eq!(one.note_attempt(&part(&lost), lost.epoch, Position::new(7)).await.unwrap(), 1);
    let start = BatchStart::new(part(&lost), Checkpoint::default(), Some(lost.epoch));
    let late = one.begin_batch(start).await.unwrap();

    let next = Uuid::now_v7();
    until("the lease runs out", || async { !ask(&two, next, HOUR).await.held.is_empty() }).await;
    let taken = ask(&two, next, HOUR).await.held[0];
    assert_eq!(taken.part, lost.part);
    assert!(taken.epoch > lost.epoch && taken.unclean, "{taken:?} after {lost:?}");
    assert_eq!(two.attempts(&part(&taken)).await.unwrap(), Some((Position::new(7), 1)));

    let moved = late.commit(at(1)).await;
    assert!(matches!(moved, Err(StoreError::CheckpointMoved { .. })), "{moved:?}");
    let counted = one.note_attempt(&part(&lost), lost.epoch, Position::new(7)).await;
    assert!(matches!(counted, Err(StoreError::CheckpointMoved { .. })), "{counted:?}");
    one.release("sums", 1, lost).await.unwrap();
    assert!(ask(&two, next, HOUR).await.held.contains(&taken), "it is no longer the first one's");
    assert_eq!(two.note_attempt(&part(&taken), taken.epoch, Position::new(7)).await.unwrap(), 2);
}

/// However they ask at once, and however soon their leases run out: nobody has the epoch of somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_is_given_to_one_owner() {
    let file = TestFile::create();
    let stores = join_all((0..3).map(|_| file.store())).await;
    let workers = stores.iter().flat_map(|store| [store.clone(), store.clone()]).map(|store| {
        tokio::spawn(async move {
            let (owner, mut given) = (Uuid::now_v7(), Vec::new());
            for _ in 0..50 {
                given.extend(ask(&store, owner, MOMENT).await.held);
            }
            (owner, given)
        })
    });
    let mut owners = HashMap::new();
    let mut takeovers = 0;
    for worker in join_all(workers.collect::<Vec<_>>()).await {
        let (owner, given) = worker.unwrap();
        for lease in given {
            let first = *owners.entry((lease.part, lease.epoch)).or_insert_with(|| {
                takeovers += 1;
                owner
            });
            assert_eq!(first, owner, "{lease:?}");
        }
    }
    assert!(takeovers > 8, "leases ran out: {takeovers}");
}

/// A file is not written to for ever by those who are gone.
#[tokio::test]
async fn workers_that_are_silent_are_forgotten() {
    let file = TestFile::create();
    let store = file.store().await;
    ask(&store, Uuid::now_v7(), MOMENT).await;
    let here = Uuid::now_v7();
    until("only who is here is on the list", || async {
        ask(&store, here, HOUR).await;
        let all = sqlx::query_scalar("SELECT owner FROM es_workers");
        let all: Vec<Vec<u8>> = all.fetch_all(store.pool()).await.unwrap();
        all == [here.as_bytes()]
    })
    .await;
}
