//! Read models that are built anew in their place: what readers see meanwhile, and what a cancel or an error leaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use es_core::prelude::*;
use es_core::subscription::{Rebuild, State, Subscription, SubscriptionError, SubscriptionManager};
use es_core::{Position, ProjectionPart, SubscriptionStore};

use crate::support::{
    Gate, Listener, Outcome, SOON, Sums, ms, note, quick, sums, takes, trap, until, until_state,
};

crate::on_each_store!(
    at_once_readers_see_the_old_state_until_the_new_one_is_whole,
    at_once_a_cancel_leaves_the_old_state,
    at_once_an_error_of_a_handler_leaves_the_old_state,
    at_once_what_ran_goes_on_and_what_did_not_stays_stopped,
    in_batches_it_fills_up_from_empty,
    in_batches_a_cancel_stops_and_a_start_goes_on,
    a_plan_counts_exactly_and_changes_nothing,
    what_keeps_nothing_in_the_store_is_not_rebuilt,
);

/// What a handler does now: it may be changed while it runs.
#[derive(Clone)]
struct Mood {
    gate: Gate,
    /// At which amount it waits for the gate.
    waits_at: Arc<AtomicI64>,
    /// At which amount it fails.
    fails_at: Arc<AtomicI64>,
}

struct Scene<S> {
    store: S,
    manager: SubscriptionManager<S>,
    handle: Subscription<Sums>,
    projection: Sums,
    mood: Mood,
    last: Position,
}

/// Three events, the sum of which is 6, in rows that say otherwise: they are of other code.
async fn scene<S: SubscriptionStore + Clone>(store: S) -> Scene<S> {
    let stream = Uuid::now_v7();
    let last = note(&store, stream, &[1, 2, 3]).await;
    let number = |n| Arc::new(AtomicI64::new(n));
    let mood = Mood { gate: Gate::default(), waits_at: number(0), fails_at: number(0) };
    let (now, gate) = (mood.clone(), mood.gate.clone());
    let act = trap(move |n| {
        let waits = (now.waits_at.load(Ordering::SeqCst) == n).then(|| gate.at(n)(n));
        let fails = now.fails_at.load(Ordering::SeqCst) == n;
        async move {
            if let Some(waits) = waits {
                waits.await?;
            }
            if fails { Err(ProjectionError::handler("told to fail")) } else { Ok(()) }
        }
    });
    let manager = SubscriptionManager::new(store.clone());
    let projection = Sums::with(act);
    let config = quick().on_failure(es_core::subscription::OnFailure::Skip);
    let handle = manager.subscribe("sums", projection.clone(), config).unwrap();
    mood.fails_at.store(2, Ordering::SeqCst);
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    mood.fails_at.store(0, Ordering::SeqCst);
    assert_eq!(sums(&store).await, OLD);
    Scene { store, manager, handle, projection, mood, last }
}

const OLD: [(i64, i64); 1] = [(4, 2)];
const NEW: [(i64, i64); 1] = [(6, 3)];

async fn at_once_readers_see_the_old_state_until_the_new_one_is_whole<
    S: SubscriptionStore + Clone,
>(
    store: S,
) {
    let scene = scene(store).await;
    let (before, mood) = (scene.projection.seen.count(3), &scene.mood);
    mood.waits_at.store(3, Ordering::SeqCst);
    let rebuilding = scene.manager.rebuild("sums", Rebuild::InOneTransaction).await.unwrap();
    until("it is at the last", || async { scene.projection.seen.count(3) > before }).await;
    assert_eq!(sums(&scene.store).await, OLD);
    assert_eq!(rebuilding.progress().target, scene.last);
    mood.gate.open();
    let done = rebuilding.done().await.unwrap();
    assert_eq!((done.events, done.position, done.target), (3, scene.last, scene.last));
    assert!(done.rate > 0.0 && done.remaining.is_some_and(|rest| rest.is_zero()), "{done:?}");
    assert_eq!(sums(&scene.store).await, NEW);
    let whole = ProjectionPart::whole("sums", 1);
    assert_eq!(scene.store.checkpoint(&whole).await.unwrap().position, scene.last);
}

async fn at_once_a_cancel_leaves_the_old_state<S: SubscriptionStore + Clone>(store: S) {
    let scene = scene(store).await;
    for n in 4..4_100 {
        if n % 100 == 0 {
            note(&scene.store, Uuid::now_v7(), &[n; 100]).await;
        }
    }
    scene.manager.wait_caught_up(SOON).await.unwrap();
    let old = sums(&scene.store).await;
    let mood = &scene.mood;
    // It is cancelled between two pages.
    mood.waits_at.store(3, Ordering::SeqCst);
    let before = scene.projection.seen.count(3);
    let rebuilding = scene.manager.rebuild("sums", Rebuild::InOneTransaction).await.unwrap();
    until("it is at the third", || async { scene.projection.seen.count(3) > before }).await;
    rebuilding.cancel();
    mood.gate.open();
    let done = rebuilding.done().await;
    assert!(
        matches!(&done, Err(SubscriptionError::Cancelled { name }) if name == "sums"),
        "{done:?}"
    );
    assert_eq!(sums(&scene.store).await, old);
    // It goes on from where it was.
    let last = note(&scene.store, Uuid::now_v7(), &[7]).await;
    scene.manager.wait_for("sums", last, SOON).await.unwrap();
    assert_eq!(scene.projection.seen.count(7), 1);
}

async fn at_once_an_error_of_a_handler_leaves_the_old_state<S: SubscriptionStore + Clone>(
    store: S,
) {
    let scene = scene(store).await;
    scene.mood.fails_at.store(3, Ordering::SeqCst);
    let rebuilding = scene.manager.rebuild("sums", Rebuild::InOneTransaction).await.unwrap();
    match rebuilding.done().await {
        Err(SubscriptionError::Event { position, cause, .. }) => {
            assert_eq!((position, cause.to_string().as_str()), (scene.last, "told to fail"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(sums(&scene.store).await, OLD);
    until_state(&scene.handle, State::Live).await;
}

async fn at_once_what_ran_goes_on_and_what_did_not_stays_stopped<S: SubscriptionStore + Clone>(
    store: S,
) {
    let scene = scene(store).await;
    scene.manager.rebuild("sums", Rebuild::InOneTransaction).await.unwrap().done().await.unwrap();
    let last = note(&scene.store, Uuid::now_v7(), &[7]).await;
    scene.manager.wait_for("sums", last, SOON).await.unwrap();
    assert_eq!(sums(&scene.store).await, [(6, 3), (7, 1)]);
    scene.manager.stop(SOON).await.unwrap();
    scene.manager.rebuild("sums", Rebuild::InOneTransaction).await.unwrap().done().await.unwrap();
    assert_eq!(scene.handle.status().state, State::Stopped);
    assert_eq!(sums(&scene.store).await, [(6, 3), (7, 1)]);
}

async fn in_batches_it_fills_up_from_empty<S: SubscriptionStore + Clone>(store: S) {
    let scene = scene(store).await;
    let (before, mood) = (scene.projection.seen.count(1), &scene.mood);
    scene.manager.stop(SOON).await.unwrap();
    mood.waits_at.store(1, Ordering::SeqCst);
    let rebuilding = scene.manager.rebuild("sums", Rebuild::InBatches).await.unwrap();
    until("it is at the first", || async { scene.projection.seen.count(1) > before }).await;
    assert_eq!(sums(&scene.store).await, []);
    mood.gate.open();
    let done = rebuilding.done().await.unwrap();
    assert_eq!((done.events, done.position, done.target), (3, scene.last, scene.last));
    assert_eq!(sums(&scene.store).await, NEW);
    until_state(&scene.handle, State::Live).await;
}

async fn in_batches_a_cancel_stops_and_a_start_goes_on<S: SubscriptionStore + Clone>(store: S) {
    let amounts: Vec<_> = (1..=40).collect();
    note(&store, Uuid::now_v7(), &amounts).await;
    let manager = SubscriptionManager::new(store.clone());
    let projection = Sums::with(takes(ms(20)));
    let handle = manager.subscribe("sums", projection.clone(), quick().batch_size(2)).unwrap();
    let rebuilding = manager.rebuild("sums", Rebuild::InBatches).await.unwrap();
    until("some are done", || async { rebuilding.progress().events >= 4 }).await;
    let progress = rebuilding.progress();
    assert!(progress.events < 40 && progress.rate > 0.0 && progress.remaining.is_some());
    rebuilding.cancel();
    let done = rebuilding.done().await;
    assert!(matches!(done, Err(SubscriptionError::Cancelled { .. })), "{done:?}");
    let so_far = sums(&store).await[0].1;
    assert!((4..40).contains(&so_far));
    assert_eq!(handle.status().state, State::Stopped);
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(820, 40)]);
    assert_eq!(projection.seen.all(), amounts, "nothing twice");
}

async fn a_plan_counts_exactly_and_changes_nothing<S: SubscriptionStore + Clone>(store: S) {
    let scene = scene(store).await;
    let whole = ProjectionPart::whole("sums", 1);
    let before = scene.store.checkpoint(&whole).await.unwrap();
    let plan = scene.manager.plan_rebuild("sums").await.unwrap();
    assert_eq!(plan.events, 3);
    assert!(plan.duration < SOON);
    assert_eq!(sums(&scene.store).await, OLD);
    assert_eq!(scene.store.checkpoint(&whole).await.unwrap(), before);
    assert_eq!(scene.handle.status().state, State::Live);
    // Also of one that has never run; nothing is there afterwards.
    let fresh = SubscriptionManager::new(scene.store.clone());
    fresh.subscribe("never", Sums::default(), quick()).unwrap();
    assert_eq!(fresh.plan_rebuild("never").await.unwrap().events, 3);
    let never = ProjectionPart::whole("never", 1);
    assert_eq!(scene.store.checkpoint(&never).await.unwrap().position, Position::START);
    assert_eq!(sums(&scene.store).await, OLD);
}

/// Writes nothing that it says.
struct Silent;

#[projection(name = "silent")]
impl Silent {
    #[handles(crate::support::Noted)]
    #[allow(clippy::unused_async, reason = "handlers may be async")]
    async fn noted(&self, _: &crate::support::Noted, _: &EventContext<'_>) -> Outcome {
        Ok(())
    }
}

async fn what_keeps_nothing_in_the_store_is_not_rebuilt<S: SubscriptionStore + Clone>(store: S) {
    let manager = SubscriptionManager::new(store.clone());
    manager.subscribe_handler("ear", Listener::default(), quick()).unwrap();
    manager.subscribe("silent", Silent, quick()).unwrap();
    let nothing = |done: Result<(), SubscriptionError>, of: &str| match done {
        Err(SubscriptionError::NothingToRebuild { name }) => assert_eq!(name, of),
        other => panic!("{other:?}"),
    };
    nothing(manager.plan_rebuild("ear").await.map(drop), "ear");
    nothing(manager.rebuild("ear", Rebuild::InBatches).await.map(drop), "ear");
    for how in [Rebuild::InOneTransaction, Rebuild::InBatches] {
        let rebuilding = manager.rebuild("silent", how).await.unwrap();
        nothing(rebuilding.done().await.map(drop), "silent");
    }
    nothing(manager.reset("silent").await, "silent");
}
