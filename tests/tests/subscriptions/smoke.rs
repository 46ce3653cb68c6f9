//! From the beginning of the log to the live end of it, and on after a restart.

use es_core::SubscriptionStore;
use es_core::prelude::*;
use es_core::subscription::{State, SubscriptionManager};

use crate::support::{SOON, Sums, note, quick, sums};

crate::on_each_store!(catches_up_goes_live_and_resumes);

async fn catches_up_goes_live_and_resumes<S: SubscriptionStore + Clone>(store: S) {
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    note(&store, one, &[1, 2, 3]).await;
    let manager = SubscriptionManager::new(store.clone());
    let handle = manager.subscribe("sums", Sums::default(), quick()).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(6, 3)]);
    for n in 0..20 {
        let at = note(&store, two, &[n]).await;
        manager.wait_for("sums", at, SOON).await.unwrap();
    }
    assert_eq!(sums(&store).await, [(6, 3), (190, 20)]);
    let status = handle.status();
    assert_eq!((status.events, status.parts), (23, 1));
    crate::support::until("it is live", || async { handle.status().state == State::Live }).await;
    manager.stop(SOON).await.unwrap();
    assert_eq!(handle.status().state, State::Stopped);

    note(&store, one, &[10]).await;
    let again = SubscriptionManager::new(store.clone());
    let second = Sums::default();
    again.subscribe("sums", second.clone(), quick()).unwrap();
    again.start().await.unwrap();
    again.wait_caught_up(SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(16, 4), (190, 20)]);
    assert_eq!(second.seen.all(), [10], "only what is new");
}
