//! How often an event is tried, after what pauses, and what becomes of it then.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use es_core::prelude::*;
use es_core::subscription::{
    Ended, OnFailure, Retry, State, SubscriptionConfig, SubscriptionError, SubscriptionManager,
};
use es_core::{LetterState, SubscriptionStore};

use crate::support::{Listener, SOON, Sums, fails_at, ms, note, quick, sums, trap};

crate::on_each_store!(
    an_event_is_tried_as_often_as_asked,
    an_event_is_tried_once_when_never_again,
    pauses_are_kept,
    stop_is_the_default_and_ends_the_subscription,
    skip_leaves_the_event_out,
    park_puts_the_event_aside,
    a_subscriber_has_the_same_policies,
);

/// Runs over 1, 2, 3, where 2 cannot be handled, and says how often 2 came, and what the error says of it.
async fn tries<S: SubscriptionStore + Clone>(store: &S, retry: Retry) -> (usize, u32) {
    let last = note(store, Uuid::now_v7(), &[1, 2, 3]).await;
    let manager = SubscriptionManager::new(store.clone());
    let sums = Sums::with(fails_at(2));
    let handle = manager.subscribe("sums", sums.clone(), quick().retry(retry)).unwrap();
    manager.start().await.unwrap();
    match handle.ended().await {
        Ended::Failed(SubscriptionError::Event { position, attempts, cause, .. }) => {
            assert_eq!(position.get(), last.get() - 1);
            assert_eq!(cause.to_string(), "2 is too much");
            (sums.seen.count(2), attempts)
        }
        other => panic!("{other:?}"),
    }
}

async fn an_event_is_tried_as_often_as_asked<S: SubscriptionStore + Clone>(store: S) {
    // Once in its batch, where it is not known yet who fails.
    assert_eq!(tries(&store, Retry::times(3).pauses(ms(1), ms(1))).await, (1 + 4, 4));
}

async fn an_event_is_tried_once_when_never_again<S: SubscriptionStore + Clone>(store: S) {
    assert_eq!(tries(&store, Retry::NEVER).await, (1 + 1, 1));
}

async fn pauses_are_kept<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1]).await;
    let times = Arc::new(Mutex::new(Vec::new()));
    let noted = times.clone();
    let listener = Listener::with(trap(move |_| {
        noted.lock().unwrap().push(Instant::now());
        async { Err(ProjectionError::handler("no")) }
    }));
    let retry = Retry::times(3).pauses(ms(100), ms(250)).jitter(false);
    let manager = SubscriptionManager::new(store.clone());
    let handle = manager.subscribe_handler("ear", listener, quick().retry(retry)).unwrap();
    manager.start().await.unwrap();
    handle.ended().await;
    let times = times.lock().unwrap();
    let gaps: Vec<Duration> = times.windows(2).skip(1).map(|two| two[1] - two[0]).collect();
    assert_eq!(gaps.len(), 3, "{gaps:?}");
    // A busy machine makes a pause longer, never shorter.
    for (gap, pause) in gaps.iter().zip([100, 200, 250]) {
        assert!(*gap >= ms(pause), "{gap:?} in place of {pause} ms");
    }
    let all: Duration = gaps.iter().sum();
    assert!(all < ms(550 + 5_000), "the longest pause bounds the others: {gaps:?}");
}

async fn stop_is_the_default_and_ends_the_subscription<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1, 2, 3]).await;
    let manager = SubscriptionManager::new(store.clone());
    let config = SubscriptionConfig::new().retry(Retry::NEVER);
    let handle = manager.subscribe("sums", Sums::with(fails_at(2)), config).unwrap();
    manager.start().await.unwrap();
    handle.ended().await;
    let status = handle.status();
    assert_eq!((status.state, status.events), (State::Failed, 1));
    assert!(status.last_error.unwrap().ends_with("2 is too much"));
    assert_eq!(sums(&store).await, [(1, 1)], "what comes before it is kept");
}

async fn skip_leaves_the_event_out<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1, 2, 3]).await;
    let manager = SubscriptionManager::new(store.clone());
    let config = quick().on_failure(OnFailure::Skip);
    let handle = manager.subscribe("sums", Sums::with(fails_at(2)), config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    let status = handle.status();
    assert_eq!((status.events, status.skipped, status.parked), (2, 1, 0));
    assert!(status.last_error.unwrap().ends_with("2 is too much"));
    assert_eq!(sums(&store).await, [(4, 2)]);
    assert_eq!(manager.dead_letters("sums").unwrap().list().await.unwrap(), []);
}

async fn park_puts_the_event_aside<S: SubscriptionStore + Clone>(store: S) {
    let last = note(&store, Uuid::now_v7(), &[1, 2, 3]).await;
    note(&store, Uuid::now_v7(), &[10]).await;
    let manager = SubscriptionManager::new(store.clone());
    let config = quick().on_failure(OnFailure::Park);
    let handle = manager.subscribe("sums", Sums::with(fails_at(2)), config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    let status = handle.status();
    assert_eq!((status.state, status.events, status.parked), (State::Live, 2, 2));
    assert_eq!(sums(&store).await, [(1, 1), (10, 1)]);
    let letters = manager.dead_letters("sums").unwrap().list().await.unwrap();
    let found: Vec<_> = letters.iter().map(|it| (it.position.get(), it.state)).collect();
    let failed = (last.get() - 1, LetterState::Failed);
    assert_eq!(found, [failed, (last.get(), LetterState::Parked)]);
}

async fn a_subscriber_has_the_same_policies<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1, 2, 3]).await;
    for (policy, handled) in [(OnFailure::Stop, 1), (OnFailure::Skip, 2), (OnFailure::Park, 1)] {
        let manager = SubscriptionManager::new(store.clone());
        let (name, listener) = (format!("{policy:?}"), Listener::with(fails_at(2)));
        let config = quick().on_failure(policy);
        let handle = manager.subscribe_handler(&name, listener, config).unwrap();
        manager.start().await.unwrap();
        if policy == OnFailure::Stop {
            handle.ended().await;
        } else {
            manager.wait_caught_up(SOON).await.unwrap();
        }
        let status = handle.status();
        assert_eq!(status.events, handled, "{status:?}");
        let parked = if policy == OnFailure::Park { 2 } else { 0 };
        assert_eq!((status.parked, status.skipped), (parked, u64::from(policy == OnFailure::Skip)));
    }
}
