//! How much is handled in one transaction, when checkpoints are saved, and so what a crash repeats.

use std::time::Duration;

use es_core::prelude::*;
use es_core::subscription::{CheckpointEvery, SubscriptionConfig, SubscriptionManager};
use es_core::{Position, SubscriptionStore};

use crate::probe::{Probe, Step};
use crate::support::{Listener, SOON, Sums, Trap, hangs_at, ms, note, quick, sums, takes, until};

crate::on_each_store!(
    a_batch_has_no_more_events_than_it_may,
    a_batch_has_at_least_one_event,
    each_event_has_a_checkpoint_of_its_own,
    an_interval_spans_batches_until_nothing_is_left,
    an_interval_ends_when_its_time_has_passed,
    an_interval_of_a_subscriber_ends_when_its_time_has_passed,
    a_crash_repeats_the_batch_of_a_subscriber,
    a_crash_repeats_one_event_of_a_subscriber_that_saves_each,
    a_crash_repeats_the_interval_of_a_subscriber,
    a_crash_repeats_nothing_in_the_store,
);

const HOUR: Duration = Duration::from_hours(1);

/// Events from 1 to `count` in one stream, and the position before the first.
async fn log<S: SubscriptionStore>(store: &S, count: i64) -> u64 {
    let amounts: Vec<_> = (1..=count).collect();
    note(store, Uuid::now_v7(), &amounts).await.get() - u64::try_from(count).unwrap()
}

/// The commits of a projection in the store, from what lies before the log on.
async fn commits<S: SubscriptionStore + Clone>(
    store: &S,
    count: i64,
    trap: Trap,
    config: SubscriptionConfig,
) -> Vec<u64> {
    let store = Probe::new(store.clone());
    let before = log(&store, count).await;
    let manager = SubscriptionManager::new(store.clone());
    let sums = Sums::with(trap);
    manager.subscribe("sums", sums.clone(), config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    manager.stop(SOON).await.unwrap();
    assert_eq!(sums.seen.all(), (1..=count).collect::<Vec<_>>());
    store.commits().into_iter().map(|position| position - before).collect()
}

async fn a_batch_has_no_more_events_than_it_may<S: SubscriptionStore + Clone>(inner: S) {
    let store = Probe::new(inner);
    let before = log(&store, 25).await;
    let manager = SubscriptionManager::new(store.clone());
    manager.subscribe("sums", Sums::default(), quick().batch_size(10)).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    let commits: Vec<_> = store.commits().iter().map(|position| position - before).collect();
    assert_eq!(commits, [10, 20, 25]);
    let other = |step| matches!(step, Step::Read(limit) if limit != 10);
    assert_eq!(store.count(other), 0, "it reads as much as it handles");
}

async fn a_batch_has_at_least_one_event<S: SubscriptionStore + Clone>(store: S) {
    let config = quick().batch_size(0);
    assert_eq!(commits(&store, 3, takes(Duration::ZERO), config).await, [1, 2, 3]);
}

async fn each_event_has_a_checkpoint_of_its_own<S: SubscriptionStore + Clone>(store: S) {
    let config = quick().checkpoint(CheckpointEvery::Event);
    assert_eq!(commits(&store, 4, takes(Duration::ZERO), config).await, [1, 2, 3, 4]);
}

async fn an_interval_spans_batches_until_nothing_is_left<S: SubscriptionStore + Clone>(store: S) {
    let config = quick().batch_size(10).checkpoint(CheckpointEvery::Interval(HOUR));
    assert_eq!(commits(&store, 45, takes(Duration::ZERO), config).await, [45]);
}

async fn an_interval_ends_when_its_time_has_passed<S: SubscriptionStore + Clone>(store: S) {
    let config = quick().batch_size(5).checkpoint(CheckpointEvery::Interval(ms(120)));
    // 12 batches of 25 ms and more.
    let commits = commits(&store, 60, takes(ms(5)), config).await;
    assert!((2..=5).contains(&commits.len()), "{commits:?}");
    assert_eq!(commits.last(), Some(&60));
}

async fn an_interval_of_a_subscriber_ends_when_its_time_has_passed<S: SubscriptionStore + Clone>(
    inner: S,
) {
    let store = Probe::new(inner);
    let before = log(&store, 60).await;
    let manager = SubscriptionManager::new(store.clone());
    let config = quick().batch_size(5).checkpoint(CheckpointEvery::Interval(ms(120)));
    manager.subscribe_handler("ear", Listener::with(takes(ms(5))), config).unwrap();
    manager.start().await.unwrap();
    until("the last is saved", || async { store.commits().last() == Some(&(before + 60)) }).await;
    assert!((2..=6).contains(&store.commits().len()), "{:?}", store.commits());
}

/// What a subscriber that dies at the 8th of ten events, in batches of three, is given in its next life.
async fn repeated<S: SubscriptionStore + Clone>(store: &S, every: CheckpointEvery) -> Vec<i64> {
    let at = log(store, 10).await + 10;
    let config = quick().batch_size(3).checkpoint(every);
    let listener = Listener::with(hangs_at(8));
    let seen = listener.seen.clone();
    let manager = SubscriptionManager::new(store.clone());
    manager.subscribe_handler("ear", listener, config.clone()).unwrap();
    manager.start().await.unwrap();
    until("it hangs", || async { seen.count(8) == 1 }).await;
    drop(manager);

    let manager = SubscriptionManager::new(store.clone());
    let listener = Listener::default();
    let seen = listener.seen.clone();
    manager.subscribe_handler("ear", listener, config).unwrap();
    manager.start().await.unwrap();
    manager.wait_for("ear", Position::new(at), SOON).await.unwrap();
    seen.all()
}

async fn a_crash_repeats_the_batch_of_a_subscriber<S: SubscriptionStore + Clone>(store: S) {
    assert_eq!(repeated(&store, CheckpointEvery::Batch).await, [7, 8, 9, 10]);
}

async fn a_crash_repeats_one_event_of_a_subscriber_that_saves_each<S: SubscriptionStore + Clone>(
    store: S,
) {
    assert_eq!(repeated(&store, CheckpointEvery::Event).await, [8, 9, 10]);
}

async fn a_crash_repeats_the_interval_of_a_subscriber<S: SubscriptionStore + Clone>(store: S) {
    let all: Vec<_> = (1..=10).collect();
    assert_eq!(repeated(&store, CheckpointEvery::Interval(HOUR)).await, all);
}

async fn a_crash_repeats_nothing_in_the_store<S: SubscriptionStore + Clone>(store: S) {
    log(&store, 10).await;
    for every in [CheckpointEvery::Batch, CheckpointEvery::Event, CheckpointEvery::Interval(HOUR)] {
        let config = quick().batch_size(3).checkpoint(every);
        let first = Sums::with(hangs_at(8));
        let manager = SubscriptionManager::new(store.clone());
        manager.subscribe("sums", first.clone(), config.clone()).unwrap();
        manager.start().await.unwrap();
        until("it hangs", || async { first.seen.count(8) == 1 }).await;
        drop(manager);

        let manager = SubscriptionManager::new(store.clone());
        manager.subscribe("sums", Sums::default(), config).unwrap();
        manager.start().await.unwrap();
        manager.wait_caught_up(SOON).await.unwrap();
        assert_eq!(sums(&store).await, [(55, 10)], "{every:?}");
        manager.stop(SOON).await.unwrap();
        manager.reset("sums").await.unwrap();
    }
}
