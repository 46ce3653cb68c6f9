//! Stopping, pausing, resetting.

use es_core::prelude::*;
use es_core::subscription::{Ended, OnFailure, State, SubscriptionError, SubscriptionManager};
use es_core::{Checkpoint, ProjectionPart, SubscriptionStore};

use crate::support::{
    Gate, Listener, SOON, Sums, fails_at, hangs_at, ms, note, quick, sums, takes, until,
    until_state,
};

crate::on_each_store!(
    a_stop_waits_for_the_batch_in_hand_and_saves_the_checkpoint,
    a_stop_does_not_wait_beyond_the_deadline,
    a_stop_twice_is_a_stop_once,
    a_pause_is_for_one,
    a_pause_of_all_is_for_all,
    a_paused_one_can_be_stopped,
    a_reset_begins_anew_with_nothing_left,
    a_reset_of_a_stopped_one_does_not_start_it,
    a_reset_takes_what_another_manager_has_in_hand,
    run_until_shutdown_ends_with_the_first_failure,
);

async fn checkpoint<S: SubscriptionStore>(store: &S) -> Checkpoint {
    store.checkpoint(&ProjectionPart::whole("sums", 1)).await.unwrap()
}

async fn a_stop_waits_for_the_batch_in_hand_and_saves_the_checkpoint<
    S: SubscriptionStore + Clone,
>(
    store: S,
) {
    let last = note(&store, Uuid::now_v7(), &[1, 2, 3, 4]).await;
    let manager = SubscriptionManager::new(store.clone());
    let projection = Sums::with(takes(ms(60)));
    let handle = manager.subscribe("sums", projection.clone(), quick()).unwrap();
    manager.start().await.unwrap();
    until("it is in the middle", || async { projection.seen.count(2) == 1 }).await;
    manager.stop(SOON).await.unwrap();
    let status = handle.status();
    assert_eq!((status.state, status.position, status.events), (State::Stopped, last, 4));
    assert!(matches!(handle.ended().await, Ended::Stopped));
    assert_eq!((sums(&store).await, checkpoint(&store).await.position), (vec![(10, 4)], last));
    note(&store, Uuid::now_v7(), &[5]).await;
    tokio::time::sleep(ms(150)).await;
    assert_eq!(projection.seen.count(5), 0, "it has stopped");
}

async fn a_stop_does_not_wait_beyond_the_deadline<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1, 2, 3]).await;
    let manager = SubscriptionManager::new(store.clone());
    let hangs = Sums::with(hangs_at(3));
    let handle = manager.subscribe("sums", hangs.clone(), quick()).unwrap();
    let ear = manager.subscribe_handler("ear", Listener::default(), quick()).unwrap();
    manager.start().await.unwrap();
    until("it hangs", || async { hangs.seen.count(3) == 1 }).await;
    let stopped = tokio::time::timeout(ms(2000), manager.stop(ms(200))).await.unwrap();
    assert!(matches!(&stopped, Err(SubscriptionError::CutOff { name }) if name == "sums"));
    assert_eq!((handle.status().state, ear.status().state), (State::Stopped, State::Stopped));
    // Nothing is half done, and what was cut off is done by whoever comes next.
    assert_eq!(sums(&store).await, []);
    assert_eq!(checkpoint(&store).await, Checkpoint::default());
    let next = SubscriptionManager::new(store.clone());
    next.subscribe("sums", Sums::default(), quick()).unwrap();
    next.start().await.unwrap();
    next.wait_caught_up(SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(6, 3)]);
}

async fn a_stop_twice_is_a_stop_once<S: SubscriptionStore + Clone>(store: S) {
    let manager = SubscriptionManager::new(store.clone());
    let handle = manager.subscribe("sums", Sums::default(), quick()).unwrap();
    manager.stop(SOON).await.unwrap();
    manager.start().await.unwrap();
    manager.start().await.unwrap();
    note(&store, Uuid::now_v7(), &[1]).await;
    manager.wait_caught_up(SOON).await.unwrap();
    manager.stop(SOON).await.unwrap();
    manager.stop(SOON).await.unwrap();
    assert_eq!(handle.status().state, State::Stopped);
    manager.start().await.unwrap();
    note(&store, Uuid::now_v7(), &[2]).await;
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(1, 1), (2, 1)]);
}

async fn a_pause_is_for_one<S: SubscriptionStore + Clone>(store: S) {
    let manager = SubscriptionManager::new(store.clone());
    let paused = manager.subscribe("sums", Sums::default(), quick()).unwrap();
    let listener = Listener::default();
    let seen = listener.seen.clone();
    let runs = manager.subscribe_handler("ear", listener, quick()).unwrap();
    manager.start().await.unwrap();
    until_state(&paused, State::Live).await;
    until_state(&runs, State::Live).await;
    manager.pause("sums").await.unwrap();
    until_state(&paused, State::Paused).await;
    let last = note(&store, Uuid::now_v7(), &[1]).await;
    runs.wait_for(last, SOON).await.unwrap();
    // Longer than a lease: nobody else may run it meanwhile.
    let other = SubscriptionManager::new(store.clone());
    let standby = other.subscribe("sums", Sums::default(), quick()).unwrap();
    other.start().await.unwrap();
    tokio::time::sleep(ms(700)).await;
    assert_eq!((sums(&store).await, seen.all()), (vec![], vec![1]));
    assert_eq!((paused.status().state, standby.status().state), (State::Paused, State::Standby));
    manager.resume("sums").await.unwrap();
    paused.wait_for(last, SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(1, 1)]);
    until_state(&paused, State::Live).await;
}

async fn a_pause_of_all_is_for_all<S: SubscriptionStore + Clone>(store: S) {
    let manager = SubscriptionManager::new(store.clone());
    let one = manager.subscribe("sums", Sums::default(), quick()).unwrap();
    let two = manager.subscribe_handler("ear", Listener::default(), quick()).unwrap();
    manager.start().await.unwrap();
    until_state(&one, State::Live).await;
    until_state(&two, State::Live).await;
    manager.pause_all();
    until_state(&one, State::Paused).await;
    until_state(&two, State::Paused).await;
    let last = note(&store, Uuid::now_v7(), &[1]).await;
    tokio::time::sleep(ms(200)).await;
    assert!(one.status().position < last && two.status().position < last);
    manager.resume_all();
    one.wait_for(last, SOON).await.unwrap();
    two.wait_for(last, SOON).await.unwrap();
}

async fn a_paused_one_can_be_stopped<S: SubscriptionStore + Clone>(store: S) {
    let manager = SubscriptionManager::new(store.clone());
    let handle = manager.subscribe("sums", Sums::default(), quick()).unwrap();
    manager.start().await.unwrap();
    manager.pause("sums").await.unwrap();
    until_state(&handle, State::Paused).await;
    manager.stop(SOON).await.unwrap();
    assert_eq!(handle.status().state, State::Stopped);
    let last = note(&store, Uuid::now_v7(), &[1]).await;
    manager.start().await.unwrap();
    handle.wait_for(last, SOON).await.unwrap();
}

async fn a_reset_begins_anew_with_nothing_left<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1, 2]).await;
    note(&store, Uuid::now_v7(), &[9]).await;
    let manager = SubscriptionManager::new(store.clone());
    let projection = Sums::with(fails_at(9));
    let config = quick().on_failure(OnFailure::Park);
    let handle = manager.subscribe("sums", projection.clone(), config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    let letters = manager.dead_letters("sums").unwrap();
    assert_eq!((letters.list().await.unwrap().len(), projection.seen.count(1)), (1, 2));
    manager.stop(SOON).await.unwrap();
    manager.reset("sums").await.unwrap();
    assert_eq!((sums(&store).await, letters.list().await.unwrap()), (vec![], vec![]));
    assert_eq!(checkpoint(&store).await, Checkpoint::default());
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(3, 2)]);
    assert_eq!(letters.list().await.unwrap().len(), 1);
    // While it runs, it goes on by itself.
    manager.reset("sums").await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!((sums(&store).await, projection.seen.count(1)), (vec![(3, 2)], 6));
    until_state(&handle, State::Live).await;
}

async fn a_reset_of_a_stopped_one_does_not_start_it<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1]).await;
    let manager = SubscriptionManager::new(store.clone());
    let handle = manager.subscribe("sums", Sums::default(), quick()).unwrap();
    manager.reset("sums").await.unwrap();
    tokio::time::sleep(ms(100)).await;
    assert_eq!((handle.status().state, sums(&store).await), (State::Stopped, vec![]));
    let ear = manager.subscribe_handler("ear", Listener::default(), quick()).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    // Effects elsewhere are not undone, but it begins anew.
    manager.reset("ear").await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!(ear.status().events, 2);
}

async fn a_reset_takes_what_another_manager_has_in_hand<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1, 2, 3]).await;
    let gate = Gate::default();
    let manager = SubscriptionManager::new(store.clone());
    let projection = Sums::with(gate.at(3));
    let handle = manager.subscribe("sums", projection.clone(), quick().batch_size(2)).unwrap();
    manager.start().await.unwrap();
    until("it is in the middle", || async { projection.seen.count(3) == 1 }).await;
    assert_eq!(sums(&store).await, [(3, 2)]);
    let other = SubscriptionManager::new(store.clone());
    other.subscribe("sums", Sums::default(), quick()).unwrap();
    other.reset("sums").await.unwrap();
    assert_eq!(sums(&store).await, []);
    gate.open();
    manager.wait_caught_up(SOON).await.unwrap();
    until("all is there", || async { sums(&store).await == [(6, 3)] }).await;
    assert_eq!(projection.seen.all(), [1, 2, 3, 1, 2, 3]);
    until_state(&handle, State::Live).await;
}

async fn run_until_shutdown_ends_with_the_first_failure<S: SubscriptionStore + Clone>(store: S) {
    let manager = SubscriptionManager::new(store.clone());
    manager.subscribe("sums", Sums::with(fails_at(2)), quick()).unwrap();
    let ear = manager.subscribe_handler("ear", Listener::default(), quick()).unwrap();
    let running = tokio::spawn({
        let manager = manager.clone();
        async move { manager.run_until_shutdown(SOON).await }
    });
    let last = note(&store, Uuid::now_v7(), &[1]).await;
    until_state(&ear, State::Live).await;
    manager.wait_for("sums", last, SOON).await.unwrap();
    assert!(!running.is_finished());
    note(&store, Uuid::now_v7(), &[2]).await;
    let ended = tokio::time::timeout(SOON, running).await.unwrap().unwrap();
    assert!(matches!(&ended, Err(SubscriptionError::Event { .. })), "{ended:?}");
    assert_eq!(ear.status().state, State::Stopped, "the others are stopped");
    assert_eq!(manager.status("sums").unwrap().state, State::Failed);
}
