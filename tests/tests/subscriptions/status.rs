//! What a subscription says of itself, waiting for it, and what a manager refuses.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use es_core::prelude::*;
use es_core::subscription::{State, SubscriptionError, SubscriptionManager};
use es_core::{Position, SubscriptionStore};

use crate::support::{
    Gate, Listener, SOON, Sums, fails_at, ms, note, quick, sums, takes, until, until_state,
};

crate::on_each_store!(
    states_follow_its_life,
    lag_is_told_in_events_and_in_time,
    waiting_times_out_and_says_where_it_stands,
    waiting_for_what_does_not_run_is_an_error,
    waiting_sees_what_another_manager_does,
    one_that_is_handled_can_be_read_at_once,
    names_and_tables_are_taken_once,
    what_is_not_there_is_unknown,
);

async fn states_follow_its_life<S: SubscriptionStore + Clone>(store: S) {
    let last = note(&store, Uuid::now_v7(), &[1; 10]).await;
    let manager = SubscriptionManager::new(store.clone());
    let slow = Sums::with(takes(ms(15)));
    let handle = manager.subscribe("sums", slow, quick().batch_size(2)).unwrap();
    let states = Arc::new(Mutex::new(vec![handle.status().state]));
    let watch = tokio::spawn({
        let (handle, states) = (handle.clone(), states.clone());
        async move {
            loop {
                let state = handle.status().state;
                note_state(&states, state);
                tokio::task::yield_now().await;
            }
        }
    });
    manager.start().await.unwrap();
    handle.wait_for(last, SOON).await.unwrap();
    until_state(&handle, State::Live).await;
    let status = handle.status();
    assert_eq!((status.events, status.position, status.parts), (10, last, 1));
    assert_eq!((status.lag_events, status.lag_time), (0, Duration::ZERO));
    assert_eq!((status.skipped, status.parked, status.last_error), (0, 0, None));
    manager.pause("sums").await.unwrap();
    tokio::time::sleep(ms(100)).await;
    manager.resume("sums").await.unwrap();
    tokio::time::sleep(ms(100)).await;
    manager.stop(SOON).await.unwrap();
    tokio::time::sleep(ms(50)).await;
    watch.abort();
    let seen = states.lock().unwrap().clone();
    let (starting, catching_up) = (State::Starting, State::CatchingUp);
    let expected = [
        State::Stopped,
        starting,
        State::Standby,
        catching_up,
        State::Live,
        State::Paused,
        State::Live,
        // The last part has ended, the subscription not yet.
        State::Standby,
        State::Stopped,
    ];
    // A state of a moment may go by unseen, but for those that the test holds.
    let mut rest = expected.iter();
    assert!(seen.iter().all(|state| rest.any(|next| next == state)), "{seen:?}");
    assert!([catching_up, State::Paused].iter().all(|state| seen.contains(state)), "{seen:?}");
    assert_eq!((handle.status().parts, handle.status().position), (0, last));
    assert_eq!([starting.as_str(), catching_up.as_str()], ["starting", "catching up"]);
}

fn note_state(states: &Mutex<Vec<State>>, state: State) {
    let mut states = states.lock().unwrap();
    if states.last() != Some(&state) {
        states.push(state);
    }
}

async fn lag_is_told_in_events_and_in_time<S: SubscriptionStore + Clone>(store: S) {
    let stream = Uuid::now_v7();
    let third = note(&store, stream, &[1, 2, 3]).await;
    tokio::time::sleep(ms(300)).await;
    let last = note(&store, stream, &[4, 5, 6, 7]).await;
    let gate = Gate::default();
    let manager = SubscriptionManager::new(store.clone());
    let projection = Sums::with(gate.at(4));
    let handle = manager.subscribe("sums", projection.clone(), quick().batch_size(3)).unwrap();
    manager.start().await.unwrap();
    until("it waits", || async { projection.seen.count(4) == 1 }).await;
    until("it knows how much there is", || async { handle.status().lag_events == 4 }).await;
    let status = handle.status();
    assert_eq!((status.state, status.position, status.events), (State::CatchingUp, third, 3));
    assert!((ms(250)..SOON).contains(&status.lag_time), "{:?}", status.lag_time);
    gate.open();
    handle.wait_for(last, SOON).await.unwrap();
    let status = handle.status();
    assert_eq!((status.lag_events, status.lag_time), (0, Duration::ZERO));
}

async fn waiting_times_out_and_says_where_it_stands<S: SubscriptionStore + Clone>(store: S) {
    let last = note(&store, Uuid::now_v7(), &[1]).await;
    let manager = SubscriptionManager::new(store.clone());
    manager.subscribe("sums", Sums::default(), quick()).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    let begun = Instant::now();
    let next = Position::new(last.get() + 1);
    match manager.wait_for("sums", next, ms(150)).await {
        Err(SubscriptionError::TimedOut { name, position, waited }) => {
            assert_eq!((name.as_str(), position), ("sums", last));
            assert!(waited >= ms(150));
        }
        other => panic!("{other:?}"),
    }
    assert!((ms(150)..ms(1500)).contains(&begun.elapsed()));
}

async fn waiting_for_what_does_not_run_is_an_error<S: SubscriptionStore + Clone>(store: S) {
    let last = note(&store, Uuid::now_v7(), &[1]).await;
    let manager = SubscriptionManager::new(store.clone());
    let handle = manager.subscribe("sums", Sums::with(fails_at(2)), quick()).unwrap();
    let not_running = |waited: &Result<(), SubscriptionError>| matches!(waited, Err(SubscriptionError::NotRunning { name }) if name == "sums");
    let waited = manager.wait_for("sums", last, SOON).await;
    assert!(not_running(&waited), "{waited:?}");
    manager.start().await.unwrap();
    manager.wait_for("sums", last, SOON).await.unwrap();
    // Somebody who waits hears of the end.
    let next = Position::new(last.get() + 1);
    let waits = tokio::spawn({
        let handle = handle.clone();
        async move { handle.wait_for(next, SOON).await }
    });
    tokio::time::sleep(ms(50)).await;
    manager.stop(SOON).await.unwrap();
    let waited = waits.await.unwrap();
    assert!(not_running(&waited), "{waited:?}");
    // Or of the failure.
    manager.start().await.unwrap();
    note(&store, Uuid::now_v7(), &[2]).await;
    let waited = manager.wait_for("sums", next, SOON).await;
    assert!(matches!(waited, Err(SubscriptionError::Event { .. })), "{waited:?}");
    let waited = manager.wait_caught_up(SOON).await;
    assert!(matches!(waited, Err(SubscriptionError::Event { .. })), "{waited:?}");
}

async fn waiting_sees_what_another_manager_does<S: SubscriptionStore + Clone>(store: S) {
    let works = SubscriptionManager::new(store.clone());
    let worker = works.subscribe("sums", Sums::default(), quick()).unwrap();
    works.start().await.unwrap();
    until_state(&worker, State::Live).await;
    let waits = SubscriptionManager::new(store.clone());
    let idle = Sums::default();
    let standby = waits.subscribe("sums", idle.clone(), quick()).unwrap();
    waits.start().await.unwrap();
    until_state(&standby, State::Standby).await;
    let last = note(&store, Uuid::now_v7(), &[1]).await;
    waits.wait_for("sums", last, SOON).await.unwrap();
    waits.wait_caught_up(SOON).await.unwrap();
    assert_eq!((sums(&store).await, idle.seen.all()), (vec![(1, 1)], vec![]));
    let beyond = Position::new(last.get() + 1);
    let waited = waits.wait_for("sums", beyond, ms(100)).await;
    assert!(matches!(waited, Err(SubscriptionError::TimedOut { .. })), "{waited:?}");
}

async fn one_that_is_handled_can_be_read_at_once<S: SubscriptionStore + Clone>(store: S) {
    let manager = SubscriptionManager::new(store.clone());
    manager.subscribe("sums", Sums::default(), quick()).unwrap();
    manager.start().await.unwrap();
    let stream = Uuid::now_v7();
    for n in 1..=50 {
        let at = note(&store, stream, &[1]).await;
        manager.wait_for("sums", at, SOON).await.unwrap();
        assert_eq!(sums(&store).await, [(n, n)]);
    }
}

async fn names_and_tables_are_taken_once<S: SubscriptionStore + Clone>(store: S) {
    let manager = SubscriptionManager::new(store);
    manager.subscribe("sums", Sums::default(), quick()).unwrap();
    let taken = manager.subscribe_handler("sums", Listener::default(), quick()).map(drop);
    assert!(matches!(&taken, Err(SubscriptionError::NameTaken { name }) if name == "sums"));
    let taken = manager.subscribe("other", Sums::default(), quick()).map(drop);
    let Err(SubscriptionError::TableTaken { name, table, other }) = taken else {
        panic!("{taken:?}")
    };
    assert_eq!((name.as_str(), table, other.as_str()), ("other", "sums", "sums"));
    let long = "n".repeat(201);
    for name in ["", "a\0b", &long] {
        let bad = manager.subscribe_handler(name, Listener::default(), quick()).map(drop);
        assert!(matches!(bad, Err(SubscriptionError::BadName { .. })), "{name:?}: {bad:?}");
    }
    manager.subscribe_handler(&long[1..], Listener::default(), quick()).unwrap();
    let names: Vec<_> = manager.statuses().into_keys().collect();
    assert_eq!(names, [&long[1..], "sums"]);
}

async fn what_is_not_there_is_unknown<S: SubscriptionStore + Clone>(store: S) {
    let manager = SubscriptionManager::new(store);
    let unknown = |done: Result<(), SubscriptionError>| match done {
        Err(SubscriptionError::Unknown { name }) => assert_eq!(name, "nobody"),
        other => panic!("{other:?}"),
    };
    unknown(manager.pause("nobody").await);
    unknown(manager.resume("nobody").await);
    unknown(manager.reset("nobody").await);
    unknown(manager.wait_for("nobody", Position::START, SOON).await);
    unknown(manager.dead_letters("nobody").map(drop));
    unknown(manager.plan_rebuild("nobody").await.map(drop));
    unknown(manager.drop_version("nobody", 1).await);
    assert_eq!(manager.status("nobody"), None);
    // With nothing to run there is nothing to wait for.
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    manager.stop(SOON).await.unwrap();
}
