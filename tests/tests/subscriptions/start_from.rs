//! Where a subscription begins: at what its configuration says, and once there is a checkpoint, there.

use es_core::prelude::*;
use es_core::subscription::{
    Ended, StartFrom, State, Subscription, SubscriptionError, SubscriptionManager,
};
use es_core::{Position, SubscriptionStore};

use crate::support::{Listener, SOON, Seen, Sums, note, quick, sums, until_state};

crate::on_each_store!(
    the_beginning_is_the_first_event,
    the_end_is_what_comes_from_now_on,
    a_position_is_what_comes_after_it,
    a_checkpoint_is_needed_when_asked_for,
    a_checkpoint_wins_over_the_end,
    a_checkpoint_wins_over_a_position,
    what_was_appended_while_nobody_ran_it_is_not_beyond_the_end,
    the_end_of_an_empty_log_is_where_the_next_start_goes_on,
);

/// Runs a plain subscriber up to what is in the log, and gives what it saw.
async fn heard<S: SubscriptionStore + Clone>(store: &S, start: StartFrom) -> Vec<i64> {
    let (manager, _, seen) = run(store, start).await;
    manager.wait_caught_up(SOON).await.unwrap();
    manager.stop(SOON).await.unwrap();
    seen.all()
}

/// Runs a plain subscriber until it is live.
async fn run<S: SubscriptionStore + Clone>(
    store: &S,
    start: StartFrom,
) -> (SubscriptionManager<S>, Subscription<Listener>, Seen) {
    let manager = SubscriptionManager::new(store.clone());
    let listener = Listener::default();
    let seen = listener.seen.clone();
    let config = quick().start_from(start);
    let handle = manager.subscribe_handler("ear", listener, config).unwrap();
    manager.start().await.unwrap();
    until_state(&handle, State::Live).await;
    (manager, handle, seen)
}

async fn the_beginning_is_the_first_event<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1, 2, 3]).await;
    assert_eq!(heard(&store, StartFrom::Beginning).await, [1, 2, 3]);
}

async fn the_end_is_what_comes_from_now_on<S: SubscriptionStore + Clone>(store: S) {
    let stream = Uuid::now_v7();
    note(&store, stream, &[1, 2, 3]).await;
    let (manager, handle, seen) = run(&store, StartFrom::End).await;
    assert_eq!(handle.status().events, 0);
    let last = note(&store, stream, &[4]).await;
    handle.wait_for(last, SOON).await.unwrap();
    manager.stop(SOON).await.unwrap();
    assert_eq!(seen.all(), [4]);

    // The same for a projection in the store.
    let manager = SubscriptionManager::new(store.clone());
    let config = quick().start_from(StartFrom::End);
    let handle = manager.subscribe("sums", Sums::default(), config).unwrap();
    manager.start().await.unwrap();
    until_state(&handle, State::Live).await;
    let last = note(&store, stream, &[5]).await;
    handle.wait_for(last, SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(5, 1)]);
}

async fn a_position_is_what_comes_after_it<S: SubscriptionStore + Clone>(store: S) {
    let stream = Uuid::now_v7();
    let second = note(&store, stream, &[1, 2]).await;
    note(&store, stream, &[3, 4]).await;
    assert_eq!(heard(&store, StartFrom::Position(second)).await, [3, 4]);
}

async fn a_checkpoint_is_needed_when_asked_for<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1]).await;
    let manager = SubscriptionManager::new(store.clone());
    let listener = Listener::default();
    let seen = listener.seen.clone();
    let config = quick().start_from(StartFrom::Checkpoint);
    let handle = manager.subscribe_handler("ear", listener, config).unwrap();
    manager.start().await.unwrap();
    match handle.ended().await {
        Ended::Failed(SubscriptionError::NoCheckpoint { name }) => assert_eq!(name, "ear"),
        other => panic!("{other:?}"),
    }
    assert_eq!(seen.all(), [] as [i64; 0]);

    // With one, it goes on there.
    assert_eq!(heard(&store, StartFrom::Beginning).await, [1]);
    note(&store, Uuid::now_v7(), &[2]).await;
    assert_eq!(heard(&store, StartFrom::Checkpoint).await, [2]);
}

async fn a_checkpoint_wins_over_the_end<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1]).await;
    assert_eq!(heard(&store, StartFrom::Beginning).await, [1]);
    note(&store, Uuid::now_v7(), &[2]).await;
    assert_eq!(heard(&store, StartFrom::End).await, [2]);
}

async fn a_checkpoint_wins_over_a_position<S: SubscriptionStore + Clone>(store: S) {
    let stream = Uuid::now_v7();
    note(&store, stream, &[1, 2]).await;
    assert_eq!(heard(&store, StartFrom::Beginning).await, [1, 2]);
    note(&store, stream, &[3]).await;
    assert_eq!(heard(&store, StartFrom::Position(Position::new(1))).await, [3]);
}

/// Where it first began is kept at once: neither a stop nor a crash before the first event moves the beginning.
async fn what_was_appended_while_nobody_ran_it_is_not_beyond_the_end<
    S: SubscriptionStore + Clone,
>(
    store: S,
) {
    note(&store, Uuid::now_v7(), &[1]).await;
    let (manager, handle, seen) = run(&store, StartFrom::End).await;
    drop((manager, handle));
    note(&store, Uuid::now_v7(), &[2]).await;
    // The one that crashes may still get hold of it.
    let after = heard(&store, StartFrom::End).await;
    assert_eq!([seen.all(), after].concat(), [2]);
    note(&store, Uuid::now_v7(), &[3]).await;
    assert_eq!(heard(&store, StartFrom::End).await, [3]);
}

async fn the_end_of_an_empty_log_is_where_the_next_start_goes_on<S: SubscriptionStore + Clone>(
    store: S,
) {
    assert_eq!(heard(&store, StartFrom::End).await, [0; 0]);
    note(&store, Uuid::now_v7(), &[1]).await;
    assert_eq!(heard(&store, StartFrom::End).await, [1]);
}
