//! Which events a subscription gets: those of a category, of a tenant; types are implied.

use es_core::prelude::*;
use es_core::subscription::{SubscriptionConfig, SubscriptionManager};
use es_core::{EventName, NewEvent, Payload, SchemaVersion, SubscriptionStore};

use crate::support::{Listener, SOON, Sums, append, note, noted, quick, sums};

crate::on_each_store!(
    only_the_category_comes,
    only_the_tenant_comes,
    both_must_fit,
    other_types_do_not_come_and_are_gone_by,
    a_filter_holds_for_rows,
);

/// Runs a plain subscriber over the log, and gives what it saw.
async fn heard<S: SubscriptionStore + Clone>(store: &S, config: SubscriptionConfig) -> Vec<i64> {
    let manager = SubscriptionManager::new(store.clone());
    let listener = Listener::default();
    let seen = listener.seen.clone();
    manager.subscribe_handler("ear", listener, config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    manager.stop(SOON).await.unwrap();
    seen.all()
}

fn of_tenant(tenant: &str, amounts: &[i64]) -> Vec<NewEvent> {
    let metadata = Metadata::new().tenant(tenant);
    noted(amounts).into_iter().map(|event| event.metadata(metadata.clone())).collect()
}

async fn four_kinds<S: SubscriptionStore>(store: &S) {
    append(store, "orders", Uuid::now_v7(), of_tenant("north", &[1, 2])).await;
    append(store, "orders", Uuid::now_v7(), of_tenant("south", &[3, 4])).await;
    append(store, "returns", Uuid::now_v7(), of_tenant("north", &[5])).await;
    append(store, "returns", Uuid::now_v7(), noted(&[6])).await;
}

async fn only_the_category_comes<S: SubscriptionStore + Clone>(store: S) {
    four_kinds(&store).await;
    assert_eq!(heard(&store, quick().category("returns")).await, [5, 6]);
}

async fn only_the_tenant_comes<S: SubscriptionStore + Clone>(store: S) {
    four_kinds(&store).await;
    assert_eq!(heard(&store, quick().tenant("north")).await, [1, 2, 5]);
}

async fn both_must_fit<S: SubscriptionStore + Clone>(store: S) {
    four_kinds(&store).await;
    assert_eq!(heard(&store, quick().tenant("north").category("orders")).await, [1, 2]);
}

/// What does not fit must not keep anybody waiting: everything up to the end of the log is handled.
async fn other_types_do_not_come_and_are_gone_by<S: SubscriptionStore + Clone>(store: S) {
    let other = |n: u32| {
        let payload = Payload::from_json(format!(r#"{{"n":{n}}}"#)).unwrap();
        NewEvent::raw(EventName::new("forgotten").unwrap(), SchemaVersion::FIRST, payload)
    };
    note(&store, Uuid::now_v7(), &[1]).await;
    let last = append(&store, "notes", Uuid::now_v7(), (0..30).map(other).collect()).await;
    let manager = SubscriptionManager::new(store.clone());
    let sums = Sums::default();
    let handle = manager.subscribe("sums", sums.clone(), quick().batch_size(2)).unwrap();
    manager.start().await.unwrap();
    handle.wait_for(last, SOON).await.unwrap();
    assert_eq!((sums.seen.all(), handle.status().events), (vec![1], 1));
    assert_eq!(handle.status().lag_events, 0);
}

async fn a_filter_holds_for_rows<S: SubscriptionStore + Clone>(store: S) {
    four_kinds(&store).await;
    let manager = SubscriptionManager::new(store.clone());
    let config = quick().category("orders").tenant("south");
    manager.subscribe("sums", Sums::default(), config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(7, 2)]);
    assert_eq!(manager.plan_rebuild("sums").await.unwrap().events, 2);
}
