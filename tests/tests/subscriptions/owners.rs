//! Several managers, as of several processes, on one store: one works, the others take over.

use std::time::{Duration, Instant};

use es_core::prelude::*;
use es_core::subscription::{Ended, State, Subscription, SubscriptionError, SubscriptionManager};
use es_core::{StoreError, SubscriptionStore};

use crate::probe::Probe;
use crate::support::{
    Gate, SOON, Seen, Sums, hangs_at, ms, note, quick, sums, takes, until, until_state,
};

crate::on_each_store!(
    of_ten_managers_one_works,
    a_killed_one_is_replaced_within_one_and_a_half_leases,
    a_longer_lease_is_kept_longer,
    a_stopped_one_is_replaced_at_once,
    who_lost_his_lease_cannot_commit,
    parts_are_spread_and_keep_the_order_of_streams,
    all_parts_go_to_who_is_left,
    another_number_of_parts_is_refused,
);

type Run<S> = (SubscriptionManager<S>, Subscription<Sums>, Seen);

fn manager<S: SubscriptionStore + Clone>(store: &S, projection: Sums, lease: Duration) -> Run<S> {
    let (manager, seen) = (SubscriptionManager::new(store.clone()), projection.seen.clone());
    let handle = manager.subscribe("sums", projection, quick().lease(lease)).unwrap();
    (manager, handle, seen)
}

async fn of_ten_managers_one_works<S: SubscriptionStore + Clone>(store: S) {
    let all: Vec<Run<S>> = (0..10).map(|_| manager(&store, Sums::default(), ms(400))).collect();
    for (manager, ..) in &all {
        manager.start().await.unwrap();
    }
    let streams = [Uuid::now_v7(), Uuid::now_v7()];
    for n in 1..=40 {
        note(&store, streams[n % 2], &[1]).await;
        tokio::time::sleep(ms(20)).await;
    }
    for (manager, ..) in &all {
        manager.wait_caught_up(SOON).await.unwrap();
    }
    assert_eq!(sums(&store).await, [(20, 20), (20, 20)]);
    let counts: Vec<_> = all.iter().map(|(.., seen)| seen.all().len()).collect();
    let who_worked: Vec<_> = counts.iter().filter(|count| **count > 0).collect();
    assert_eq!(who_worked, [&40], "{counts:?}");
    let live = all.iter().filter(|(_, handle, _)| handle.status().state == State::Live).count();
    let idle = all.iter().filter(|(_, handle, _)| handle.status().state == State::Standby).count();
    assert_eq!((live, idle), (1, 9));
}

/// How long it takes until the second of two has an event, once the first, in the middle of it, is killed.
async fn takeover<S: SubscriptionStore + Clone>(store: &S, lease: Duration) -> Duration {
    note(store, Uuid::now_v7(), &[1]).await;
    let (first, handle, seen) = manager(store, Sums::with(hangs_at(2)), lease);
    first.start().await.unwrap();
    until_state(&handle, State::Live).await;
    let (second, _standby, seen_by_second) = manager(store, Sums::default(), lease);
    second.start().await.unwrap();
    tokio::time::sleep(lease).await;
    let last = note(store, Uuid::now_v7(), &[2]).await;
    until("the first has it", || async { seen.count(2) == 1 }).await;
    let killed = Instant::now();
    drop((first, handle));
    second.wait_for("sums", last, SOON).await.unwrap();
    let took = killed.elapsed();
    assert_eq!((sums(store).await, seen_by_second.all()), (vec![(1, 1), (2, 1)], vec![2]));
    took
}

async fn a_killed_one_is_replaced_within_one_and_a_half_leases<S: SubscriptionStore + Clone>(
    store: S,
) {
    let took = takeover(&store, ms(600)).await;
    assert!(took < ms(900 + 150), "{took:?}");
}

async fn a_longer_lease_is_kept_longer<S: SubscriptionStore + Clone>(store: S) {
    let took = takeover(&store, ms(2400)).await;
    assert!((ms(1600)..ms(3600 + 150)).contains(&took), "{took:?}");
}

async fn a_stopped_one_is_replaced_at_once<S: SubscriptionStore + Clone>(store: S) {
    let lease = Duration::from_secs(4);
    let (first, handle, _) = manager(&store, Sums::default(), lease);
    first.start().await.unwrap();
    until_state(&handle, State::Live).await;
    let (second, standby, _) = manager(&store, Sums::default(), lease);
    second.start().await.unwrap();
    until_state(&standby, State::Standby).await;
    first.stop(SOON).await.unwrap();
    let (stopped, last) = (Instant::now(), note(&store, Uuid::now_v7(), &[1]).await);
    standby.wait_for(last, SOON).await.unwrap();
    // A standby asks four times per lease.
    assert!(stopped.elapsed() < lease / 4 + ms(300), "{:?}", stopped.elapsed());
}

async fn who_lost_his_lease_cannot_commit<S: SubscriptionStore + Clone>(store: S) {
    let probe = Probe::new(store.clone());
    let (gate, stream) = (Gate::default(), Uuid::now_v7());
    let (first, handle, seen) = manager(&probe, Sums::with(gate.at(2)), ms(400));
    first.start().await.unwrap();
    note(&store, stream, &[1]).await;
    first.wait_caught_up(SOON).await.unwrap();
    let last = note(&store, stream, &[2]).await;
    until("it is in the middle", || async { seen.count(2) == 1 }).await;
    // It can reach the store, but not for its lease.
    probe.refuse_leases();
    let (second, ..) = manager(&store, Sums::default(), ms(400));
    second.start().await.unwrap();
    second.wait_for("sums", last, SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(3, 2)]);
    let before = probe.commits();
    gate.open();
    until("it has noticed", || async { handle.status().parts == 0 }).await;
    assert_eq!((sums(&store).await, probe.commits()), (vec![(3, 2)], before));
    // It did not fail: it stands by.
    assert!(!matches!(handle.status().state, State::Failed | State::Stopped));
}

fn in_parts<S: SubscriptionStore + Clone>(store: &S, parts: u32, seen: &Seen) -> Run<S> {
    let manager = SubscriptionManager::new(store.clone());
    let make = || Sums::with(takes(ms(1))).seen_by(seen);
    let config = quick().batch_size(5);
    let handle = manager.subscribe_parts("sums", parts, make, config).unwrap();
    (manager, handle, seen.clone())
}

/// 16 streams of 10 events each, appended in turns.
async fn sixteen<S: SubscriptionStore + Clone>(store: &S) -> Vec<Uuid> {
    let streams: Vec<_> = (0..16).map(|_| Uuid::now_v7()).collect();
    for n in 1..=10 {
        for stream in &streams {
            note(store, *stream, &[n]).await;
        }
    }
    streams
}

async fn parts_are_spread_and_keep_the_order_of_streams<S: SubscriptionStore + Clone>(store: S) {
    let (one, two) = (Seen::default(), Seen::default());
    let (first, first_handle, _) = in_parts(&store, 4, &one);
    let (second, second_handle, _) = in_parts(&store, 4, &two);
    first.start().await.unwrap();
    second.start().await.unwrap();
    until("each has two", || async {
        (first_handle.status().parts, second_handle.status().parts) == (2, 2)
    })
    .await;
    let streams = sixteen(&store).await;
    first.wait_caught_up(SOON).await.unwrap();
    second.wait_caught_up(SOON).await.unwrap();
    let (one, two) = (one.by_stream(), two.by_stream());
    assert_eq!(one.len() + two.len(), streams.len(), "no stream is with both");
    assert!(!one.is_empty() && !two.is_empty());
    let in_order: Vec<_> = (1..=10).collect();
    assert!(one.values().chain(two.values()).all(|amounts| *amounts == in_order));
    assert_eq!(sums(&store).await, [(55, 10); 16]);
    assert_eq!(first_handle.status().events + second_handle.status().events, 160);
}

async fn all_parts_go_to_who_is_left<S: SubscriptionStore + Clone>(store: S) {
    let (one, two) = (Seen::default(), Seen::default());
    let (first, first_handle, _) = in_parts(&store, 4, &one);
    let (second, second_handle, _) = in_parts(&store, 4, &two);
    first.start().await.unwrap();
    second.start().await.unwrap();
    until("each has two", || async {
        (first_handle.status().parts, second_handle.status().parts) == (2, 2)
    })
    .await;
    let appending = tokio::spawn({
        let store = store.clone();
        async move { sixteen(&store).await }
    });
    until("both work", || async { !one.all().is_empty() && !two.all().is_empty() }).await;
    drop((first, first_handle));
    appending.await.unwrap();
    until("it has all", || async { second_handle.status().parts == 4 }).await;
    second.wait_caught_up(SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(55, 10); 16]);
    let order = |amounts: &Vec<i64>| amounts.is_sorted();
    assert!(two.by_stream().values().all(order));
}

async fn another_number_of_parts_is_refused<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1]).await;
    let seen = Seen::default();
    let (first, ..) = in_parts(&store, 4, &seen);
    first.start().await.unwrap();
    first.wait_caught_up(SOON).await.unwrap();
    first.stop(SOON).await.unwrap();
    let (second, handle, _) = in_parts(&store, 3, &seen);
    second.start().await.unwrap();
    match tokio::time::timeout(SOON, handle.ended()).await.unwrap() {
        Ended::Failed(
            SubscriptionError::Projection(ProjectionError::Store(error))
            | SubscriptionError::Store(error),
        ) => {
            assert!(matches!(error, StoreError::Parts { found: 4, asked: 3, .. }), "{error:?}");
        }
        other => panic!("{other:?}"),
    }
    // A reset changes that.
    second.reset("sums").await.unwrap();
    second.start().await.unwrap();
    second.wait_caught_up(SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(1, 1)]);
}
