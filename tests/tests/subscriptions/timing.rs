//! The limits in time: for a handler, for a silent process, between two looks at a quiet log.

use std::time::{Duration, Instant};

use es_core::SubscriptionStore;
use es_core::prelude::*;
use es_core::subscription::{Ended, OnFailure, State, SubscriptionError, SubscriptionManager};

use crate::probe::{Probe, Step};
use crate::support::{
    Listener, SOON, Sums, hangs_at, ms, note, quick, sums, takes, trap, until_state,
};

crate::on_each_store!(
    a_handler_that_takes_too_long_has_failed,
    the_limit_is_for_one_event,
    a_handler_that_kept_its_thread_too_long_has_failed,
    slow_handlers_that_keep_the_limit_get_through,
    a_handler_that_keeps_its_thread_ends_the_subscription,
    a_quiet_log_is_looked_at_again,
    the_longest_pause_bounds_how_often_a_quiet_log_is_looked_at,
    a_wake_up_comes_before_the_longest_pause,
);

async fn a_handler_that_takes_too_long_has_failed<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1, 2, 3]).await;
    let manager = SubscriptionManager::new(store.clone());
    let config = quick().handler_timeout(ms(80)).on_failure(OnFailure::Skip);
    let handle = manager.subscribe("sums", Sums::with(hangs_at(2)), config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(4, 2)]);
    let error = handle.status().last_error.unwrap();
    assert_eq!(error, "the handler took longer than 80ms");
}

async fn the_limit_is_for_one_event<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1; 10]).await;
    let manager = SubscriptionManager::new(store.clone());
    let sums = Sums::with(takes(ms(60)));
    manager.subscribe("sums", sums.clone(), quick().handler_timeout(ms(400))).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!(sums.seen.count(1), 10, "none failed, though all took 600 ms");
}

/// A runtime whose thread is kept while it was the one to look at clocks and sockets may let all others sleep on. Something
/// from outside wakes one; in a program there is always something.
fn keep_awake() -> std::sync::mpsc::Sender<()> {
    let (alive, ended) = std::sync::mpsc::channel();
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        while ended.recv_timeout(ms(10)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            runtime.spawn(async {});
        }
    });
    alive
}

async fn a_handler_that_kept_its_thread_too_long_has_failed<S: SubscriptionStore + Clone>(
    store: S,
) {
    note(&store, Uuid::now_v7(), &[1, 2]).await;
    let manager = SubscriptionManager::new(store.clone());
    let blocks = trap(|n| async move {
        if n == 2 {
            std::thread::sleep(ms(60));
        }
        Ok(())
    });
    let config = quick().handler_timeout(ms(40)).on_failure(OnFailure::Skip);
    let handle = manager.subscribe("sums", Sums::with(blocks), config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!((sums(&store).await, handle.status().skipped), (vec![(1, 1)], 1));
}

/// However many there are in a batch, whose transaction must not be silent for so long.
async fn slow_handlers_that_keep_the_limit_get_through<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1; 12]).await;
    let manager = SubscriptionManager::new(store.clone());
    let slow = Sums::with(takes(ms(70)));
    let handle = manager.subscribe("sums", slow, quick().handler_timeout(ms(300))).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(12, 12)]);
    assert_eq!(handle.status().last_error, None);
}

async fn a_handler_that_keeps_its_thread_ends_the_subscription<S: SubscriptionStore + Clone>(
    store: S,
) {
    let last = note(&store, Uuid::now_v7(), &[1, 2]).await;
    let manager = SubscriptionManager::new(store.clone());
    let blocks = trap(|n| async move {
        if n == 2 {
            std::thread::sleep(ms(4000));
        }
        Ok(())
    });
    let config = quick().handler_timeout(ms(100));
    let handle = manager.subscribe("sums", Sums::with(blocks), config.clone()).unwrap();
    let begun = Instant::now();
    let awake = keep_awake();
    manager.start().await.unwrap();
    match handle.ended().await {
        Ended::Failed(SubscriptionError::Stuck { position, .. }) => assert_eq!(position, last),
        other => panic!("{other:?}"),
    }
    drop(awake);
    assert!(begun.elapsed() < ms(3500), "known before the handler came back");
    // Whatever it does once it comes back, and whoever goes on: each event counts once.
    let other = SubscriptionManager::new(store.clone());
    other.subscribe("sums", Sums::default(), config).unwrap();
    other.start().await.unwrap();
    other.wait_caught_up(SOON).await.unwrap();
    tokio::time::sleep(ms(4200).saturating_sub(begun.elapsed())).await;
    assert_eq!(sums(&store).await, [(3, 2)]);
}

async fn a_quiet_log_is_looked_at_again<S: SubscriptionStore + Clone>(inner: S) {
    let store = Probe::deaf(inner);
    let manager = SubscriptionManager::new(store.clone());
    let config = quick().poll(ms(100));
    let handle = manager.subscribe_handler("ear", Listener::default(), config).unwrap();
    manager.start().await.unwrap();
    until_state(&handle, State::Live).await;
    // Long enough for unbounded pauses to have grown beyond what is allowed below.
    tokio::time::sleep(ms(1500)).await;
    let last = note(&store, Uuid::now_v7(), &[1]).await;
    let begun = Instant::now();
    handle.wait_for(last, SOON).await.unwrap();
    assert!(begun.elapsed() < ms(400), "{:?}", begun.elapsed());
}

async fn the_longest_pause_bounds_how_often_a_quiet_log_is_looked_at<
    S: SubscriptionStore + Clone,
>(
    inner: S,
) {
    let reads = async |poll: Duration| {
        let store = Probe::deaf(inner.clone());
        let manager = SubscriptionManager::new(store.clone());
        let listener = Listener::default();
        let handle = manager.subscribe_handler("ear", listener, quick().poll(poll)).unwrap();
        manager.start().await.unwrap();
        until_state(&handle, State::Live).await;
        let begun = store.count(|step| matches!(step, Step::Read(_)));
        tokio::time::sleep(ms(1000)).await;
        let reads = store.count(|step| matches!(step, Step::Read(_))) - begun;
        manager.stop(SOON).await.unwrap();
        reads
    };
    // 2, 4, 8, … ms make eight or nine in a second, and thirty of 30 ms make about as many as 33.
    let (few, many) = (reads(SOON).await, reads(ms(30)).await);
    assert!((4..=10).contains(&few), "{few}");
    assert!((15..=40).contains(&many), "{many}");
}

async fn a_wake_up_comes_before_the_longest_pause<S: SubscriptionStore + Clone>(store: S) {
    let manager = SubscriptionManager::new(store.clone());
    let config = quick().poll(SOON);
    let handle = manager.subscribe_handler("ear", Listener::default(), config).unwrap();
    manager.start().await.unwrap();
    until_state(&handle, State::Live).await;
    tokio::time::sleep(ms(1200)).await;
    let last = note(&store, Uuid::now_v7(), &[1]).await;
    let begun = Instant::now();
    handle.wait_for(last, SOON).await.unwrap();
    assert!(begun.elapsed() < ms(400), "{:?}", begun.elapsed());
}
