//! A new version of a projection builds its tables while the old one serves, and then takes over.

use es_core::prelude::*;
use es_core::subscription::{Ended, State, SubscriptionError, SubscriptionManager};
use es_core::{ProjectionPart, StoreError, SubscriptionStore};

use crate::support::{
    Gate, Noted, Outcome, SOON, Seen, Sum, Sums, Trap, note, quick, sums, until, until_state,
};

crate::on_each_store!(
    the_old_version_serves_until_the_new_one_is_there,
    the_old_version_is_refused_afterwards,
    old_tables_can_be_dropped_and_those_that_serve_cannot,
    a_new_version_serves_an_empty_log_at_once,
);

/// The second version of [`Sums`]: it counts double.
struct Doubles {
    trap: Trap,
    seen: Seen,
}

#[projection(name = "sums", version = 2, read_models(Sum))]
impl Doubles {
    #[handles(Noted)]
    async fn noted(&self, event: &Noted, cx: &mut ReadModels<'_>) -> Outcome {
        let stream = cx.stream_id();
        self.seen.note(stream, event.n);
        (self.trap)(event.n).await?;
        let mut rows = cx.rows::<Sum>();
        let mut row = rows.get(&stream).await?.unwrap_or(Sum { stream, n: 0, events: 0 });
        row.n += 2 * event.n;
        row.events += 1;
        rows.save(row).await
    }
}

fn doubles(gate: &Gate) -> (Doubles, Seen) {
    let seen = Seen::default();
    (Doubles { trap: gate.at(3), seen: seen.clone() }, seen)
}

async fn the_old_version_serves_until_the_new_one_is_there<S: SubscriptionStore + Clone>(store: S) {
    let stream = Uuid::now_v7();
    note(&store, stream, &[1, 2, 3]).await;
    let old = SubscriptionManager::new(store.clone());
    let first = old.subscribe("sums", Sums::default(), quick()).unwrap();
    old.start().await.unwrap();
    old.wait_caught_up(SOON).await.unwrap();

    let gate = Gate::default();
    let (projection, seen) = doubles(&gate);
    let new = SubscriptionManager::new(store.clone());
    let second = new.subscribe("sums", projection, quick().batch_size(2)).unwrap();
    // A dry run tells what is to be expected, of a handler that does not wait.
    let open = Gate::default();
    open.open();
    let dry = SubscriptionManager::new(store.clone());
    dry.subscribe("sums", doubles(&open).0, quick()).unwrap();
    assert_eq!(dry.plan_rebuild("sums").await.unwrap().events, 3);
    assert_eq!(sums(&store).await, [(6, 3)]);
    new.start().await.unwrap();
    until("it has come to the third", || async { seen.count(3) > 0 }).await;
    assert_eq!(sums(&store).await, [(6, 3)]);
    // The old one goes on meanwhile.
    let last = note(&store, stream, &[10]).await;
    first.wait_for(last, SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(16, 4)]);
    gate.open();
    second.wait_for(last, SOON).await.unwrap();
    until("it serves", || async { sums(&store).await == [(32, 4)] }).await;
    let last = note(&store, stream, &[100]).await;
    second.wait_for(last, SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(232, 5)]);
}

async fn the_old_version_is_refused_afterwards<S: SubscriptionStore + Clone>(store: S) {
    note(&store, Uuid::now_v7(), &[1, 2]).await;
    let old = SubscriptionManager::new(store.clone());
    let projection = Sums::default();
    let first = old.subscribe("sums", projection.clone(), quick()).unwrap();
    old.start().await.unwrap();
    old.wait_caught_up(SOON).await.unwrap();
    let whole = ProjectionPart::whole("sums", 1);
    let before = store.checkpoint(&whole).await.unwrap();

    let gate = Gate::default();
    gate.open();
    let new = SubscriptionManager::new(store.clone());
    let second = new.subscribe("sums", doubles(&gate).0, quick()).unwrap();
    new.start().await.unwrap();
    until("it serves", || async { sums(&store).await == [(6, 2)] }).await;
    let superseded = |ended: &Ended| {
        matches!(
            ended,
            Ended::Failed(
                SubscriptionError::Projection(ProjectionError::Store(StoreError::Superseded {
                    version: 1,
                    by: 2,
                    ..
                })) | SubscriptionError::Store(StoreError::Superseded { version: 1, by: 2, .. })
            )
        )
    };
    let ended = tokio::time::timeout(SOON, first.ended()).await.unwrap();
    assert!(superseded(&ended), "{ended:?}");
    let last = note(&store, Uuid::now_v7(), &[5]).await;
    second.wait_for(last, SOON).await.unwrap();
    old.start().await.unwrap();
    let ended = tokio::time::timeout(SOON, first.ended()).await.unwrap();
    assert!(superseded(&ended), "{ended:?}");
    assert_eq!((first.status().state, projection.seen.count(5)), (State::Failed, 0));
    assert_eq!(store.checkpoint(&whole).await.unwrap(), before);
    assert_eq!(sums(&store).await, [(6, 2), (10, 1)]);
    until_state(&second, State::Live).await;
}

async fn old_tables_can_be_dropped_and_those_that_serve_cannot<S: SubscriptionStore + Clone>(
    store: S,
) {
    note(&store, Uuid::now_v7(), &[1]).await;
    let old = SubscriptionManager::new(store.clone());
    old.subscribe("sums", Sums::default(), quick()).unwrap();
    old.start().await.unwrap();
    old.wait_caught_up(SOON).await.unwrap();
    old.stop(SOON).await.unwrap();
    let gate = Gate::default();
    gate.open();
    let new = SubscriptionManager::new(store.clone());
    let second = new.subscribe("sums", doubles(&gate).0, quick()).unwrap();
    new.start().await.unwrap();
    until("it serves", || async { sums(&store).await == [(2, 1)] }).await;
    let refused = new.drop_version("sums", 2).await;
    assert!(matches!(refused, Err(SubscriptionError::Store(_))), "{refused:?}");
    new.drop_version("sums", 1).await.unwrap();
    new.drop_version("sums", 1).await.unwrap();
    let last = note(&store, Uuid::now_v7(), &[3]).await;
    second.wait_for(last, SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(2, 1), (6, 1)]);
}

async fn a_new_version_serves_an_empty_log_at_once<S: SubscriptionStore + Clone>(store: S) {
    let gate = Gate::default();
    gate.open();
    let new = SubscriptionManager::new(store.clone());
    let handle = new.subscribe("sums", doubles(&gate).0, quick()).unwrap();
    new.start().await.unwrap();
    until_state(&handle, State::Live).await;
    let last = note(&store, Uuid::now_v7(), &[3]).await;
    handle.wait_for(last, SOON).await.unwrap();
    until("it serves", || async { store.rows::<Sum>().await.is_ok_and(|rows| rows.len() == 1) })
        .await;
    assert_eq!(sums(&store).await, [(6, 1)]);
}
