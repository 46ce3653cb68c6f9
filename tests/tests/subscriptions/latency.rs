//! From the commit of an event to its handler, once a subscription is live. `--nocapture` shows the numbers.

use std::time::{Duration, Instant};

use es_core::SubscriptionStore;
use es_core::prelude::*;
use es_core::subscription::{State, SubscriptionManager};
use es_tests::{TestDatabase, TestFile};
use tokio::sync::mpsc;

use crate::support::{Listener, SOON, ms, note, quick, trap, until_state};

crate::on_each_store!(within_one_process);

const EVENTS: i64 = 200;

async fn within_one_process<S: SubscriptionStore + Clone>(store: S) {
    measure(&store, &store, std::any::type_name::<S>()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn across_two_stores_on_one_database() {
    let database = TestDatabase::create().await;
    let (writer, reader) = (database.store().await, database.store().await);
    measure(&writer, &reader, "two stores on PostgreSQL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn across_two_stores_on_one_file() {
    let file = TestFile::create();
    let (writer, reader) = (file.store().await, file.store().await);
    measure(&writer, &reader, "two stores on an SQLite file").await;
}

/// Appends one by one, with pauses of a few milliseconds, and measures from the answer to the handler.
async fn measure<W: EventStore, R: SubscriptionStore + Clone>(writer: &W, reader: &R, what: &str) {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let listener = Listener::with(trap(move |_| {
        arrived.send(Instant::now()).unwrap();
        std::future::ready(Ok(()))
    }));
    let manager = SubscriptionManager::new(reader.clone());
    // Polling alone would take 15 s.
    let config = quick().poll(SOON);
    let handle = manager.subscribe_handler("ear", listener, config).unwrap();
    manager.start().await.unwrap();
    until_state(&handle, State::Live).await;
    // The listener of another process may need a moment to connect.
    tokio::time::sleep(ms(500)).await;
    let stream = Uuid::now_v7();
    let mut times: Vec<Duration> = Vec::new();
    for n in 0..EVENTS {
        note(writer, stream, &[n]).await;
        let committed = Instant::now();
        let arrival = tokio::time::timeout(SOON, arrivals.recv()).await.unwrap().unwrap();
        times.push(arrival.saturating_duration_since(committed));
        tokio::time::sleep(ms(1 + u64::try_from(n % 20).unwrap())).await;
    }
    times.sort();
    let at = |percent: usize| times[times.len() * percent / 100];
    println!("commit to handler, {what}: p50 {:?}, p99 {:?}", at(50), at(99));
    assert!(at(50) < ms(50), "{times:?}");
    manager.stop(SOON).await.unwrap();
}
