//! Snapshots: loads begin at them, saves make them, and nothing depends on them.

#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

mod cuts;
mod domain;
mod made;
mod misses;
mod once;
mod postgres;
mod trouble;
mod watched;

use domain::Account;
use es_core::prelude::*;
use es_core::{SnapshotPolicy, SnapshotQuery, StoredSnapshot};
use es_tests::log::until;
use futures_util::TryStreamExt as _;

type Accounts<S> = Repository<Account, S>;

/// The newest snapshot of an aggregate's stream, and the number of events after it.
async fn kept_of<A: Aggregate<Id = Uuid> + Snapshot>(
    store: &impl EventStore,
    id: Uuid,
) -> (Option<StoredSnapshot>, usize) {
    let stream = A::stream_id(id).unwrap();
    let query = SnapshotQuery::of(SnapshotPolicy::<A>::DEFAULT.fingerprint());
    let (found, events) = store.read_from_snapshot(&stream, query).await.unwrap();
    (found, events.try_collect::<Vec<_>>().await.unwrap().len())
}

/// The version of an account's newest snapshot; 0 without one.
async fn kept(store: &impl EventStore, id: Uuid) -> u64 {
    let (found, _) = kept_of::<Account>(store, id).await;
    found.map_or(0, |found| found.snapshot.version.get())
}

/// Waits until the newest snapshot is of that version.
async fn until_kept(store: &impl EventStore, id: Uuid, version: u64) {
    until("the snapshot is written", || async { kept(store, id).await == version }).await;
}

/// Gives every task that is ready its turn, often.
async fn let_tasks_run() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}
