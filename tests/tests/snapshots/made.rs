//! When snapshots are made and used.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use es_core::SnapshotError;
use es_core::prelude::*;

use crate::domain::{Deposited, deposits, opened};
use crate::watched::Watched;
use crate::{Accounts, kept, let_tasks_run, until_kept};

/// An account at version 1.
async fn ada() -> (Accounts<Watched>, Uuid) {
    let (accounts, id) = (Accounts::new(Watched::default()), Uuid::now_v7());
    accounts.create(id, opened()).await.unwrap();
    (accounts, id)
}

async fn deposit(accounts: &Accounts<Watched>, id: Uuid, events: usize) {
    accounts.execute(id, |_| Ok::<_, ()>(deposits(events))).await.unwrap();
}

#[tokio::test]
async fn a_snapshot_is_made_when_a_multiple_is_reached_or_jumped_over() {
    let (accounts, id) = ada().await;
    let store = accounts.store().clone();
    deposit(&accounts, id, 8).await;
    let_tasks_run().await;
    assert_eq!(store.snapshots_saved(), 0, "9 is below 10");
    deposit(&accounts, id, 4).await; // from 9 to 13
    until_kept(&store, id, 13).await;
    deposit(&accounts, id, 6).await;
    let_tasks_run().await;
    assert_eq!((store.snapshots_saved(), kept(&store, id).await), (1, 13), "19 is below 20");
    deposit(&accounts, id, 1).await;
    until_kept(&store, id, 20).await;
    deposit(&accounts, id, 35).await; // several multiples at once
    until_kept(&store, id, 55).await;
    assert_eq!(store.snapshots_saved(), 3);
}

#[tokio::test]
async fn every_way_to_save_makes_them() {
    let (accounts, id) = (Accounts::new(Watched::default()), Uuid::now_v7());
    let store = accounts.store().clone();
    accounts.create(id, (opened(), deposits(9))).await.unwrap();
    until_kept(&store, id, 10).await;
    let mut root = accounts.load(id).await.unwrap();
    root.record(deposits(10)).unwrap();
    accounts.save(&mut root).await.unwrap();
    until_kept(&store, id, 20).await;
    let command = es_core::CommandId::new();
    accounts.execute_once(command, id, |_| Ok::<_, ()>(deposits(10))).await.unwrap();
    until_kept(&store, id, 30).await;
    let cached = accounts.cached(10);
    for _ in 0..10 {
        cached.execute(id, |account| account.deposit(1)).await.unwrap();
    }
    until_kept(&store, id, 40).await;
}

#[tokio::test]
async fn a_load_begins_at_the_snapshot() {
    let (accounts, id) = ada().await;
    let store = accounts.store().clone();
    deposit(&accounts, id, 11).await;
    until_kept(&store, id, 12).await;
    deposit(&accounts, id, 1).await;
    let (before, read) = (store.streams_read(), store.snapshots_read());
    let root = accounts.load(id).await.unwrap();
    assert_eq!((root.version().get(), root.state().cents), (13, 12));
    assert_eq!(store.streams_read(), before, "nothing but the snapshot and what follows is read");
    assert_eq!(store.snapshots_read(), read + 1, "at once");
}

#[tokio::test]
async fn the_past_by_time_is_replayed() {
    let (accounts, id) = ada().await;
    deposit(&accounts, id, 11).await;
    until_kept(accounts.store(), id, 12).await;
    let read = accounts.store().snapshots_read();
    let root = accounts.load_as_of(id, Utc::now()).await.unwrap();
    assert_eq!((root.version().get(), root.state().cents), (12, 11));
    assert_eq!(accounts.store().snapshots_read(), read);
}

#[tokio::test]
async fn a_repository_may_have_another_number_or_none() {
    let (accounts, id) = ada().await;
    let store = accounts.store().clone();
    let never = accounts.clone().snapshot_every(0);
    deposit(&never, id, 30).await;
    never.load(id).await.unwrap();
    let_tasks_run().await;
    assert_eq!((store.snapshots_saved(), store.snapshots_read()), (0, 0));
    let often = accounts.clone().snapshot_every(2);
    // Its first load finds that there should have been one.
    deposit(&often, id, 1).await;
    until_kept(&store, id, 31).await;
    deposit(&often, id, 2).await;
    until_kept(&store, id, 34).await;
}

#[tokio::test]
async fn a_long_stream_without_a_snapshot_gets_one_when_it_is_loaded() {
    let (accounts, id) = ada().await;
    let store = accounts.store().clone();
    deposit(&accounts.clone().snapshot_every(0), id, 8).await;
    accounts.load(id).await.unwrap();
    let_tasks_run().await;
    assert_eq!(store.snapshots_saved(), 0, "of 9 events");
    deposit(&accounts.clone().snapshot_every(0), id, 14).await;
    accounts.load_at(id, Version::new(15)).await.unwrap();
    let_tasks_run().await;
    assert_eq!(store.snapshots_saved(), 0, "who looks at the past makes none");
    accounts.load(id).await.unwrap();
    until_kept(&store, id, 23).await;
    accounts.load(id).await.unwrap();
    let_tasks_run().await;
    assert_eq!(store.snapshots_saved(), 1, "it is made once");
}

#[tokio::test]
async fn one_is_made_by_hand_of_what_is_stored() {
    let (accounts, id) = ada().await;
    let mut root = accounts.load(id).await.unwrap();
    root.decide(|account| account.deposit(5)).unwrap();
    let refused = accounts.snapshot_now(&root).await.unwrap_err();
    assert!(matches!(refused, SnapshotError::Unsaved { .. }), "{refused:?}");
    assert_eq!(
        refused.to_string(),
        format!("account/{id} has recorded events that are not stored: save them first")
    );
    accounts.save(&mut root).await.unwrap();
    assert!(accounts.snapshot_now(&root).await.unwrap());
    assert_eq!(kept(accounts.store(), id).await, 2);
    let older = accounts.load_at(id, Version::new(1)).await.unwrap();
    assert!(!accounts.snapshot_now(&older).await.unwrap(), "there is a newer one");
    let elsewhere = Accounts::new(MemoryStore::new());
    assert!(!elsewhere.snapshot_now(&root).await.unwrap(), "it has no such event");
}

#[tokio::test]
async fn a_clone_for_one_command_loses_no_snapshot() {
    let (accounts, id) = ada().await;
    for n in 2..=10 {
        let one = accounts.with_metadata(Metadata::new().actor("Ada"));
        one.execute(id, |account| account.deposit(n)).await.unwrap();
    }
    until_kept(accounts.store(), id, 10).await;
}

#[tokio::test]
async fn a_repetition_of_what_lies_before_the_snapshot_is_found() {
    let (accounts, id) = ada().await;
    let command = es_core::CommandId::new();
    let once = || accounts.execute_once(command, id, |account| account.deposit(100));
    let first = once().await.unwrap();
    deposit(&accounts, id, 12).await;
    until_kept(accounts.store(), id, 14).await;
    assert_eq!(once().await.unwrap(), first);
    assert_eq!(accounts.load(id).await.unwrap().state().cents, 112, "it was carried out once");
    // Also when nothing would be recorded now.
    let nothing = accounts.execute_once(command, id, |_| Ok::<_, ()>(None::<Deposited>));
    assert_eq!(nothing.await.unwrap(), first);
}

#[tokio::test]
async fn a_cold_cache_begins_at_a_snapshot() {
    let (accounts, id) = ada().await;
    let store = accounts.store().clone();
    deposit(&accounts, id, 14).await;
    until_kept(&store, id, 15).await;
    let cached = accounts.clone().cached(10);
    let (streams, snapshots) = (store.streams_read(), store.snapshots_read());
    cached.execute(id, |account| account.deposit(1)).await.unwrap();
    assert_eq!((store.streams_read(), store.snapshots_read()), (streams, snapshots + 1));
    cached.execute(id, |account| account.deposit(1)).await.unwrap();
    assert_eq!((store.streams_read(), store.snapshots_read()), (streams, snapshots + 1), "warm");
    // What another repository has written meanwhile is found, although the state began at a snapshot.
    deposit(&accounts, id, 1).await;
    let done = cached.execute(id, |account| account.deposit(1)).await.unwrap();
    assert_eq!(done.version().get(), 19);
    let (cached, plain) = (cached.load(id).await.unwrap(), accounts.load(id).await.unwrap());
    assert_eq!(cached.state(), plain.state());
}

/// Outside tokio nobody else could do it, so the save does.
#[test]
fn without_a_runtime_the_save_waits() {
    let (accounts, id) = (Accounts::new(Watched::default()), Uuid::now_v7());
    let mut saving = pin!(accounts.create(id, (opened(), deposits(9))));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(matches!(saving.as_mut().poll(&mut cx), Poll::Ready(Ok(_))));
    let mut kept = pin!(kept(accounts.store(), id));
    assert!(matches!(kept.as_mut().poll(&mut cx), Poll::Ready(10)));
}
