//! A handler that fails: who is tried again, how often, and who notices.

use std::time::Duration;

use es_core::prelude::*;
use es_core::subscription::{
    Ended, OnFailure, Retry, State, SubscriptionError, SubscriptionManager,
};
use es_core::{ProjectionPart, StoreError, SubscriptionStore};

use crate::probe::{Probe, Step};
use crate::support::{
    Listener, Outcome, SOON, Sums, fails_at, hangs_at, ms, note, quick, sums, trap, until,
};

crate::on_each_store!(
    only_the_culprit_is_tried_again,
    attempts_are_counted_before_they_are_made,
    a_panic_is_a_failure_like_an_error,
    a_panic_while_values_are_dropped_is_a_failure_too,
    an_event_that_kills_its_process_is_known_after_the_restarts,
    lost_connections_repeat_the_batch_and_lose_nothing,
    other_subscriptions_notice_nothing,
    it_is_told_when_and_why_it_ended,
    a_failed_one_starts_again_with_the_first_attempt,
    rows_of_an_undeclared_read_model_fail_at_once,
);

async fn only_the_culprit_is_tried_again<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1, 2, 3, 4, 5]).await;
    let manager = SubscriptionManager::new(store.clone());
    let projection = Sums::with(fails_at(3));
    let config = quick().retry(Retry::times(4).pauses(ms(1), ms(1))).on_failure(OnFailure::Skip);
    manager.subscribe("sums", projection.clone(), config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    // Once as a batch, which was rolled back, and then one by one.
    assert_eq!(projection.seen.all(), [1, 2, 3, 1, 2, 3, 3, 3, 3, 3, 4, 5]);
    assert_eq!(sums(&store).await, [(12, 4)]);
}

async fn attempts_are_counted_before_they_are_made<S: SubscriptionStore + Clone>(inner: S) {
    let store = Probe::new(inner);
    let last = note(&store, Uuid::now_v7(), &[1]).await;
    let (counts, probe) = (std::sync::Arc::new(std::sync::Mutex::new(Vec::new())), store.clone());
    let noted = counts.clone();
    let listener = Listener::with(trap(move |_| {
        noted.lock().unwrap().push(probe.count(|step| step == Step::Attempt(last)));
        async { Err(ProjectionError::handler("no")) }
    }));
    let manager = SubscriptionManager::new(store.clone());
    let handle = manager.subscribe_handler("ear", listener, quick()).unwrap();
    manager.start().await.unwrap();
    handle.ended().await;
    assert_eq!(*counts.lock().unwrap(), [0, 1, 2, 3], "the first is that of the batch");
}

async fn a_panic_is_a_failure_like_an_error<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1, 2, 3]).await;
    let manager = SubscriptionManager::new(store.clone());
    let projection = Sums::with(trap(|n| async move {
        assert_ne!(n, 2, "two");
        Ok(())
    }));
    let config = quick().on_failure(OnFailure::Park);
    let handle = manager.subscribe("sums", projection.clone(), config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!((sums(&store).await, projection.seen.count(2)), (vec![(1, 1)], 1 + 3));
    let error = handle.status().last_error.unwrap();
    assert!(error.starts_with("the handler panicked: ") && error.contains("two"), "{error}");
    let letters = manager.dead_letters("sums").unwrap().list().await.unwrap();
    assert_eq!((letters[0].attempts, &letters[0].error), (3, &error));
}

/// Panics when it goes out of scope.
struct Mine;

impl Drop for Mine {
    fn drop(&mut self) {
        panic!("a mine went off");
    }
}

async fn a_panic_while_values_are_dropped_is_a_failure_too<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1, 2, 3]).await;
    let manager = SubscriptionManager::new(store.clone());
    // Of two, one is dropped at the end of the handler, the other when it is cut off at its limit.
    let projection = Sums::with(trap(|n| async move {
        let mine = (n != 2).then(|| Mine);
        if n == 3 {
            std::future::pending::<()>().await;
        }
        if n == 1 {
            drop(mine);
        } else {
            std::mem::forget(mine);
        }
        Ok(())
    }));
    let config = quick().on_failure(OnFailure::Skip).handler_timeout(ms(100));
    let handle = manager.subscribe("sums", projection, config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!((sums(&store).await, handle.status().skipped), (vec![(2, 1)], 2));
}

/// Each life ends in the middle of the same event, without a word. In the first two the batch is tried, then the event by
/// itself, as often as it may be.
async fn an_event_that_kills_its_process_is_known_after_the_restarts<
    S: SubscriptionStore + Clone,
>(
    store: S,
) {
    let last = note(&store, Uuid::now_v7(), &[1, 2, 3]).await;
    let config = quick().on_failure(OnFailure::Park).retry(Retry::times(1).pauses(ms(1), ms(1)));
    let mut lives = 0;
    let letter = loop {
        let manager = SubscriptionManager::new(store.clone());
        let projection = Sums::with(hangs_at(2));
        let handle = manager.subscribe("sums", projection.clone(), config.clone()).unwrap();
        manager.start().await.unwrap();
        until("it dies or gets through", || async {
            projection.seen.count(2) > 0 || handle.status().position >= last
        })
        .await;
        if projection.seen.count(2) == 0 {
            break manager.dead_letters("sums").unwrap().list().await.unwrap().remove(0);
        }
        lives += 1;
        assert!(lives < 10, "it would be tried for ever");
        assert!(lives < 3 || sums(&store).await == [(1, 1)], "what comes before it is kept");
    };
    assert_eq!((lives, letter.attempts), (4, 2));
    assert_eq!(letter.error, "the process ended in each of 2 attempts to handle the event");
    assert_eq!(sums(&store).await, [(1, 1)]);
}

async fn lost_connections_repeat_the_batch_and_lose_nothing<S: SubscriptionStore + Clone>(
    inner: S,
) {
    let store = Probe::new(inner);
    let (stream, other) = (Uuid::now_v7(), Uuid::now_v7());
    note(&store, stream, &[1, 2, 3]).await;
    store.refuse_commits(8);
    let manager = SubscriptionManager::new(store.clone());
    // More often than an event would be tried.
    let projection = Sums::default();
    let handle = manager.subscribe("sums", projection.clone(), quick().batch_size(2)).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!(store.commits_to_refuse(), 0);
    note(&store, other, &[4]).await;
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(6, 3), (4, 1)]);
    assert_eq!(handle.status().events, 4, "what was rolled back does not count");
    assert_eq!(
        handle.status().last_error.unwrap(),
        "the read model cannot be stored: the store is unavailable: told to refuse"
    );
    assert_eq!(store.count(|step| matches!(step, Step::Attempt(_))), 0, "no event's fault");
}

async fn other_subscriptions_notice_nothing<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1, 2]).await;
    let manager = SubscriptionManager::new(store.clone());
    let bad = manager.subscribe("sums", Sums::with(fails_at(1)), quick()).unwrap();
    let panics = Listener::with(trap(|_| async { panic!("always") }));
    let worse = manager.subscribe_handler("panics", panics, quick()).unwrap();
    let listener = Listener::default();
    let seen = listener.seen.clone();
    let good = manager.subscribe_handler("good", listener, quick()).unwrap();
    manager.start().await.unwrap();
    bad.ended().await;
    worse.ended().await;
    let last = note(&store, Uuid::now_v7(), &[3]).await;
    good.wait_for(last, SOON).await.unwrap();
    assert_eq!(seen.all(), [1, 2, 3]);
    let states: Vec<_> = manager.statuses().into_values().map(|status| status.state).collect();
    assert_eq!(states, [State::Live, State::Failed, State::Failed]);
}

async fn it_is_told_when_and_why_it_ended<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1]).await;
    let manager = SubscriptionManager::new(store.clone());
    let handle = manager.subscribe("sums", Sums::default(), quick()).unwrap();
    let early = tokio::time::timeout(ms(50), handle.ended()).await;
    assert!(early.is_err(), "what was not started has not ended");
    manager.start().await.unwrap();
    let early = tokio::time::timeout(ms(200), handle.ended()).await;
    assert!(early.is_err(), "what runs has not ended");
    let waits = tokio::spawn({
        let handle = handle.clone();
        async move { handle.ended().await }
    });
    manager.stop(SOON).await.unwrap();
    assert!(matches!(waits.await.unwrap(), Ended::Stopped));
    assert!(matches!(handle.ended().await, Ended::Stopped), "also later");
}

async fn a_failed_one_starts_again_with_the_first_attempt<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1, 2]).await;
    let manager = SubscriptionManager::new(store.clone());
    let projection = Sums::with(fails_at(2));
    let handle = manager.subscribe("sums", projection.clone(), quick()).unwrap();
    for _ in 0..2 {
        manager.start().await.unwrap();
        match handle.ended().await {
            Ended::Failed(SubscriptionError::Event { attempts, .. }) => assert_eq!(attempts, 3),
            other => panic!("{other:?}"),
        }
        assert_eq!(handle.status().state, State::Failed);
        let waited = manager.wait_caught_up(SOON).await;
        assert!(matches!(waited, Err(SubscriptionError::Event { .. })), "{waited:?}");
        let attempts = store.attempts(&ProjectionPart::whole("sums", 1)).await.unwrap();
        assert!(attempts.is_none_or(|(_, attempts)| attempts == 0), "{attempts:?}");
    }
    assert_eq!(projection.seen.count(2), 8, "a batch and three attempts, twice");
    assert_eq!(sums(&store).await, [(1, 1)]);
}

/// A read model that no projection declares.
#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "strangers")]
struct Stranger {
    #[read_model(id)]
    id: Uuid,
}

struct Undeclared;

#[projection(name = "undeclared", read_models(crate::support::Sum))]
impl Undeclared {
    #[handles(crate::support::Noted)]
    async fn noted(&self, _: &crate::support::Noted, cx: &mut ReadModels<'_>) -> Outcome {
        let id = cx.stream_id();
        cx.rows::<Stranger>().save(Stranger { id }).await
    }
}

async fn rows_of_an_undeclared_read_model_fail_at_once<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1]).await;
    let manager = SubscriptionManager::new(store.clone());
    // It would be tried again for an hour if it were taken for the event's fault.
    let slow = Retry::times(9).pauses(Duration::from_hours(1), Duration::from_hours(1));
    let config = quick().retry(slow).on_failure(OnFailure::Skip);
    let handle = manager.subscribe("undeclared", Undeclared, config).unwrap();
    manager.start().await.unwrap();
    let ended = tokio::time::timeout(SOON, handle.ended()).await.unwrap();
    assert!(
        matches!(
            &ended,
            Ended::Failed(SubscriptionError::Projection(
                ProjectionError::Undeclared { .. }
                    | ProjectionError::Store(StoreError::MissingTable { .. })
            ))
        ),
        "{ended:?}"
    );
    assert_eq!(handle.status().state, State::Failed);
    assert!(handle.status().last_error.unwrap().contains("strangers"));
}
