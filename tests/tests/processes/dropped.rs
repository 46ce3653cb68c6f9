//! The future that projects is dropped half-way, in this process.

use std::time::Duration;

use es_core::Projector;
use es_core::subscription::{SubscriptionConfig, SubscriptionManager};
use es_postgres::PgConfig;
use es_tests::balances::Balances;
use es_tests::dropped::drop_after;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::support::{Bank, PATIENCE};

/// Row 18: at each point where it waits, until one gets through.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_dropped_at_any_point_is_rolled_back_and_done_again() {
    let bank = Bank::with_events(300).await;
    // One connection: the next batch meets what the dropped one has left.
    let store = bank
        .database
        .store_with(PgConfig::new().max_connections(1).subscription_connections(0))
        .await;
    let projector = || Projector::new(store.clone(), Balances::<1>::default()).batch_size(20);
    let (mut dropped, mut waits) = (0, 0);
    while bank.position().await < 300 {
        let before = bank.position().await;
        if drop_after(waits, projector().run_batch()).await {
            dropped += 1;
            waits += 1;
        } else {
            assert!(bank.position().await > before, "a batch has got through");
            waits = 0;
        }
        bank.assert_exact().await;
    }
    assert!(dropped > 100, "{dropped}");
    drop(store);
    bank.assert_nothing_open().await;
}

/// Row 18: the manager and all that it runs, at any instant.
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_manager_leaves_nothing_open_and_the_next_one_goes_on() {
    let mut random = StdRng::seed_from_u64(18);
    let bank = Bank::with_events(2_000).await;
    let store = bank
        .database
        .store_with(PgConfig::new().max_connections(3).subscription_connections(0))
        .await;
    let config = || {
        SubscriptionConfig::new()
            .batch_size(20)
            .lease(Duration::from_millis(50))
            .poll(Duration::from_millis(10))
    };
    let start = || async {
        let manager = SubscriptionManager::new(store.clone());
        let started = manager.subscribe("balances", Balances::<1>::default(), config()).unwrap();
        manager.start().await.unwrap();
        (manager, started)
    };
    for _ in 0..30 {
        let manager = start().await;
        tokio::time::sleep(Duration::from_micros(random.random_range(0..120_000))).await;
        drop(manager);
        bank.assert_exact().await;
    }
    let (manager, _) = start().await;
    manager.wait_caught_up(PATIENCE).await.unwrap();
    manager.stop(PATIENCE).await.unwrap();
    bank.until_all_is_projected().await;
    drop(store);
    bank.assert_nothing_open().await;
}
