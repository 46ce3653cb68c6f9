//! Snapshots that cannot be stored: nothing else is amiss.

use std::time::Duration;

use es_core::prelude::*;
use es_core::{SnapshotError, StoreError};
use es_tests::log::until;

use crate::domain::{deposits, opened};
use crate::watched::{Saving, Watched};
use crate::{Accounts, kept, let_tasks_run, until_kept};

#[tokio::test]
async fn a_snapshot_that_fails_harms_nothing() {
    for saving in [Saving::Fails, Saving::Panics] {
        let (accounts, id) = (Accounts::new(Watched::default()), Uuid::now_v7());
        let store = accounts.store().clone();
        store.saving(saving);
        accounts.create(id, (opened(), deposits(9))).await.unwrap();
        for n in 11..=35 {
            let done = accounts.execute(id, |account| account.deposit(1)).await.unwrap();
            assert_eq!(done.version().get(), n, "{saving:?}");
            let_tasks_run().await;
        }
        assert_eq!(accounts.load(id).await.unwrap().state().cents, 34, "{saving:?}");
        assert_eq!(kept(&store, id).await, 0, "{saving:?}");
        let_tasks_run().await;
        // Its turn was given back each time: when the store works again, so do snapshots.
        store.saving(Saving::Works);
        accounts.load(id).await.unwrap();
        until_kept(&store, id, 35).await;
    }
}

#[tokio::test]
async fn by_hand_it_fails_with_what_the_store_says() {
    let (accounts, id) = (Accounts::new(Watched::default()), Uuid::now_v7());
    accounts.create(id, opened()).await.unwrap();
    accounts.store().saving(Saving::Fails);
    let root = accounts.load(id).await.unwrap();
    let error = accounts.snapshot_now(&root).await.unwrap_err();
    assert!(matches!(error, SnapshotError::Store(StoreError::Other(_))), "{error:?}");
    assert!(!error.is_transient());
}

/// A store that never answers: no command waits, one snapshot of a stream is on its way, and few altogether.
#[tokio::test]
async fn a_snapshot_that_takes_for_ever_delays_nobody() {
    let accounts = Accounts::new(Watched::default());
    let store = accounts.store().clone();
    store.saving(Saving::Hangs);
    let id = Uuid::now_v7();
    let work = async {
        accounts.create(id, opened()).await.unwrap();
        for _ in 0..50 {
            accounts.execute(id, |account| account.deposit(1)).await.unwrap();
        }
        assert_eq!(store.snapshots_saved(), 1, "of one stream one is written at a time");
        for _ in 0..30 {
            accounts.create(Uuid::now_v7(), (opened(), deposits(9))).await.unwrap();
        }
        assert_eq!(store.snapshots_saved(), 8, "a few are written at a time");
    };
    tokio::time::timeout(Duration::from_secs(30), work).await.expect("nobody waits");
    assert_eq!(accounts.load(id).await.unwrap().state().cents, 50);
}

/// What is under way ends with the repository: it has no task that outlives it.
#[tokio::test]
async fn what_is_under_way_ends_with_the_repository() {
    let alive = |store: &Watched| std::sync::Arc::strong_count(store.holders());
    let accounts = Accounts::new(Watched::default());
    let store = accounts.store().clone();
    store.saving(Saving::Hangs);
    accounts.create(Uuid::now_v7(), (opened(), deposits(9))).await.unwrap();
    let clone = accounts.clone();
    drop(accounts);
    let_tasks_run().await;
    assert_eq!(alive(&store), 3, "this one, the clone's, and that of the write under way");
    drop(clone);
    until("the write is given up", || std::future::ready(alive(&store) == 1)).await;
}
