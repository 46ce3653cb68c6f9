//! Dead letters: the order within a stream is kept, other streams go on, and nothing is lost once all are retried.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use es_core::prelude::*;
use es_core::subscription::{DeadLetters, OnFailure, Subscription, SubscriptionManager};
use es_core::{EventName, LetterState, NewEvent, Payload, SchemaVersion, SubscriptionStore};

use crate::support::{
    Listener, Outcome, SOON, Sums, Trap, append, ms, note, quick, sums, trap, until,
};

crate::on_each_store!(
    later_events_of_the_stream_wait_and_other_streams_go_on,
    a_retry_of_one_sets_its_whole_stream_free,
    a_retry_of_one_stream_leaves_the_others,
    a_retry_of_all_gives_the_fold_of_the_log,
    a_retry_that_fails_again_shows_the_new_error,
    a_discarded_letter_is_kept_with_its_reason_and_nothing_waits_for_it,
    letters_survive_a_restart,
    letters_of_a_plain_subscriber_are_retried,
    a_letter_of_an_old_version_is_read_by_the_type_of_today,
);

/// Fails at amounts that are no smaller than a limit that can be moved.
#[derive(Clone)]
struct Limit(Arc<AtomicI64>);

impl Limit {
    fn at(limit: i64) -> Self {
        Self(Arc::new(AtomicI64::new(limit)))
    }

    fn lift(&self, limit: i64) {
        self.0.store(limit, Ordering::SeqCst);
    }

    fn trap(&self) -> Trap {
        let limit = self.0.clone();
        trap(move |n| {
            let limit = limit.load(Ordering::SeqCst);
            let text = format!("{n} is not below {limit}");
            async move { if n < limit { Ok(()) } else { Err(ProjectionError::handler(text)) } }
        })
    }
}

struct Scene<S> {
    store: S,
    manager: SubscriptionManager<S>,
    handle: Subscription<Sums>,
    letters: DeadLetters,
    projection: Sums,
    limit: Limit,
    one: Uuid,
    two: Uuid,
}

/// Stream one has 1, 100, 2, 200; stream two 3, 300, 4; a third 5. What is 100 or more cannot be handled.
async fn scene<S: SubscriptionStore + Clone>(store: S) -> Scene<S> {
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    note(&store, one, &[1, 100]).await;
    note(&store, two, &[3, 300]).await;
    note(&store, one, &[2, 200]).await;
    note(&store, two, &[4]).await;
    note(&store, Uuid::now_v7(), &[5]).await;
    let (manager, limit) = (SubscriptionManager::new(store.clone()), Limit::at(100));
    let projection = Sums::with(limit.trap());
    let config = quick().on_failure(OnFailure::Park);
    let handle = manager.subscribe("sums", projection.clone(), config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    let letters = manager.dead_letters("sums").unwrap();
    Scene { store, manager, handle, letters, projection, limit, one, two }
}

impl<S: SubscriptionStore + Clone> Scene<S> {
    /// How many letters are open.
    async fn open(&self) -> usize {
        self.letters.list().await.unwrap().len()
    }

    async fn until_open(&self, count: usize) {
        until("letters are tried", || async { self.open().await == count }).await;
    }
}

async fn later_events_of_the_stream_wait_and_other_streams_go_on<S: SubscriptionStore + Clone>(
    store: S,
) {
    let scene = scene(store).await;
    assert_eq!(sums(&scene.store).await, [(1, 1), (3, 1), (5, 1)]);
    let letters = scene.letters.list().await.unwrap();
    let found: Vec<_> = letters.iter().map(|it| (it.stream, it.state, it.attempts)).collect();
    let (failed, parked) = (LetterState::Failed, LetterState::Parked);
    let (one, two) = (scene.one, scene.two);
    assert_eq!(
        found,
        [(one, failed, 3), (two, failed, 3), (one, parked, 0), (one, parked, 0), (two, parked, 0)]
    );
    assert_eq!(
        (letters[0].error.as_str(), letters[2].error.as_str()),
        ("100 is not below 100", "")
    );
    assert!(letters.is_sorted_by_key(|letter| letter.position));
    assert_eq!(scene.letters.show(letters[3].position).await.unwrap().as_ref(), Some(&letters[3]));
    assert_eq!(scene.letters.show(scene.handle.status().position).await.unwrap(), None);
    let status = scene.handle.status();
    assert_eq!((status.events, status.parked, status.skipped), (3, 5, 0));
    // What comes later waits as well.
    let last = note(&scene.store, scene.two, &[6]).await;
    scene.handle.wait_for(last, SOON).await.unwrap();
    assert_eq!((scene.open().await, scene.projection.seen.count(6)), (6, 0));
}

async fn a_retry_of_one_sets_its_whole_stream_free<S: SubscriptionStore + Clone>(store: S) {
    let scene = scene(store).await;
    let first = scene.letters.list().await.unwrap().remove(0);
    scene.limit.lift(200);
    assert!(scene.letters.retry(first.position).await.unwrap());
    // 100 and 2 are handled; 200 is now what the stream waits for.
    scene.until_open(3).await;
    let sum = |rows: Vec<(i64, i64)>| rows.into_iter().find(|row| row.1 == 3);
    assert_eq!(sum(sums(&scene.store).await), Some((103, 3)));
    until("200 has failed", || async {
        let letters = scene.letters.list().await.unwrap();
        letters.iter().any(|it| it.stream == scene.one && it.state == LetterState::Failed)
    })
    .await;
    // Set free, the stream goes on as before.
    scene.limit.lift(1000);
    assert_eq!(scene.letters.retry_stream(scene.one).await.unwrap(), 1);
    scene.until_open(2).await;
    let last = note(&scene.store, scene.one, &[7]).await;
    scene.handle.wait_for(last, SOON).await.unwrap();
    assert_eq!((scene.open().await, sums(&scene.store).await[0]), (2, (310, 5)));
    assert!(!scene.letters.retry(first.position).await.unwrap(), "it is gone");
}

async fn a_retry_of_one_stream_leaves_the_others<S: SubscriptionStore + Clone>(store: S) {
    let scene = scene(store).await;
    scene.limit.lift(1000);
    assert_eq!(scene.letters.retry_stream(scene.two).await.unwrap(), 2);
    scene.until_open(3).await;
    assert_eq!(sums(&scene.store).await, [(1, 1), (307, 3), (5, 1)]);
    assert!(scene.letters.list().await.unwrap().iter().all(|it| it.stream == scene.one));
}

async fn a_retry_of_all_gives_the_fold_of_the_log<S: SubscriptionStore + Clone>(store: S) {
    let scene = scene(store).await;
    scene.limit.lift(1000);
    assert_eq!(scene.letters.retry_all().await.unwrap(), 5);
    scene.until_open(0).await;
    assert_eq!(sums(&scene.store).await, [(303, 4), (307, 3), (5, 1)]);
    // Each stream in the order of the log; a failed one had its attempts before.
    let handled = |stream| {
        let mut seen = scene.projection.seen.by_stream().remove(&stream).unwrap();
        seen.drain(..seen.len() - 3);
        seen
    };
    assert_eq!(
        (handled(scene.one), handled(scene.two)[1..].to_vec()),
        (vec![100, 2, 200], vec![300, 4])
    );
    until("all count", || async { scene.handle.status().events == 8 }).await;
}

async fn a_retry_that_fails_again_shows_the_new_error<S: SubscriptionStore + Clone>(store: S) {
    let scene = scene(store).await;
    let before = scene.letters.list().await.unwrap().remove(0);
    scene.limit.lift(50);
    scene.letters.retry_all().await.unwrap();
    until("it was tried", || async {
        let letter = scene.letters.show(before.position).await.unwrap().unwrap();
        letter.attempts == 4 && !letter.retry
    })
    .await;
    let letter = scene.letters.show(before.position).await.unwrap().unwrap();
    assert_eq!(letter.error, "100 is not below 50");
    assert!(letter.failed_at > before.failed_at);
    assert_eq!(
        (scene.open().await, scene.projection.seen.count(2)),
        (5, 0),
        "the others still wait"
    );
    // It is not tried again by itself.
    let tried = scene.projection.seen.count(100);
    tokio::time::sleep(ms(300)).await;
    assert_eq!(scene.projection.seen.count(100), tried);
}

async fn a_discarded_letter_is_kept_with_its_reason_and_nothing_waits_for_it<
    S: SubscriptionStore + Clone,
>(
    store: S,
) {
    let scene = scene(store).await;
    let letters = scene.letters.list().await.unwrap();
    let bad = letters.iter().find(|it| it.stream == scene.two).unwrap().position;
    assert!(scene.letters.discard(bad, "entered twice").await.unwrap());
    assert!(!scene.letters.discard(bad, "again").await.unwrap(), "it is not open any more");
    let letter = scene.letters.show(bad).await.unwrap().unwrap();
    assert_eq!(
        (letter.state, letter.reason.as_deref()),
        (LetterState::Discarded, Some("entered twice"))
    );
    assert_eq!(scene.open().await, 4);
    // Those that waited are tried when they are asked for.
    assert_eq!(scene.letters.retry_stream(scene.two).await.unwrap(), 1);
    scene.until_open(3).await;
    assert_eq!(sums(&scene.store).await, [(1, 1), (7, 2), (5, 1)]);
    let last = note(&scene.store, scene.two, &[8]).await;
    scene.handle.wait_for(last, SOON).await.unwrap();
    assert_eq!(sums(&scene.store).await[1], (15, 3));
}

async fn letters_survive_a_restart<S: SubscriptionStore + Clone>(store: S) {
    let scene = scene(store).await;
    scene.manager.stop(SOON).await.unwrap();
    let last = note(&scene.store, scene.one, &[9]).await;
    scene.limit.lift(1000);
    let again = SubscriptionManager::new(scene.store.clone());
    let config = quick().on_failure(OnFailure::Park);
    again.subscribe("sums", scene.projection.clone(), config).unwrap();
    again.start().await.unwrap();
    again.wait_for("sums", last, SOON).await.unwrap();
    assert_eq!((scene.open().await, scene.projection.seen.count(9)), (6, 0), "it waits too");
    again.dead_letters("sums").unwrap().retry_all().await.unwrap();
    scene.until_open(0).await;
    assert_eq!(sums(&scene.store).await, [(312, 5), (307, 3), (5, 1)]);
}

async fn letters_of_a_plain_subscriber_are_retried<S: SubscriptionStore + Clone>(store: S) {
    let limit = Limit::at(100);
    note(&store, Uuid::now_v7(), &[1, 100, 2]).await;
    let manager = SubscriptionManager::new(store.clone());
    let listener = Listener::with(limit.trap());
    let seen = listener.seen.clone();
    let config = quick().on_failure(OnFailure::Park);
    manager.subscribe_handler("ear", listener, config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    let letters = manager.dead_letters("ear").unwrap();
    assert_eq!((letters.list().await.unwrap().len(), seen.count(2)), (2, 0));
    limit.lift(1000);
    letters.retry_all().await.unwrap();
    until("done", || async { letters.list().await.unwrap().is_empty() }).await;
    assert_eq!(seen.all()[seen.all().len() - 2..], [100, 2]);
}

/// What was noted once had another name for the amount.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "weighed", version = 2)]
#[upcast(from = 1, with = in_grams)]
struct Weighed {
    grams: i64,
}

#[allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps, reason = "what an upcaster is")]
fn in_grams(old: Json) -> Result<Json, UpcastError> {
    let kilos = old["kilos"].as_i64().unwrap_or_default();
    Ok(serde_json::json!({ "grams": kilos * 1000 }))
}

struct Weights {
    trap: Trap,
}

#[projection(name = "weights", read_models(crate::support::Sum))]
impl Weights {
    #[handles(Weighed)]
    async fn weighed(&self, event: &Weighed, cx: &mut ReadModels<'_>) -> Outcome {
        (self.trap)(event.grams).await?;
        let stream = cx.stream_id();
        cx.rows().save(crate::support::Sum { stream, n: event.grams, events: 1 }).await
    }
}

async fn a_letter_of_an_old_version_is_read_by_the_type_of_today<S: SubscriptionStore + Clone>(
    store: S,
) {
    let payload = Payload::from_json(r#"{"kilos":3}"#.to_owned()).unwrap();
    let name = EventName::new("weighed").unwrap();
    let old = NewEvent::raw(name, SchemaVersion::FIRST, payload);
    append(&store, "notes", Uuid::now_v7(), vec![old]).await;
    let (manager, limit) = (SubscriptionManager::new(store.clone()), Limit::at(100));
    let config = quick().on_failure(OnFailure::Park);
    manager.subscribe("weights", Weights { trap: limit.trap() }, config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    let letters = manager.dead_letters("weights").unwrap();
    assert_eq!(letters.list().await.unwrap()[0].error, "3000 is not below 100");
    limit.lift(10_000);
    letters.retry_all().await.unwrap();
    until("done", || async { letters.list().await.unwrap().is_empty() }).await;
    assert_eq!(sums(&store).await, [(3000, 1)]);
}
