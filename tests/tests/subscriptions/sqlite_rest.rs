//! SQLite says only that something was written to the file, so a checkpoint of one process wakes the other one: that must come
//! to rest.

use std::time::Instant;

use es_core::prelude::*;
use es_core::subscription::{State, SubscriptionManager};
use es_tests::TestFile;
use sqlx::{Connection as _, SqliteConnection};

use crate::support::{Listener, SOON, append, ms, note, noted, quick, until, until_state};

#[tokio::test(flavor = "multi_thread")]
async fn who_is_woken_for_nothing_writes_nothing() {
    let file = TestFile::create();
    let stores = [file.store().await, file.store().await];
    let managers = stores.clone().map(SubscriptionManager::new);
    // Nothing is due by itself while this test runs.
    let config = || quick().lease(SOON).poll(SOON).category("notes");
    let (one, two) = (Listener::default(), Listener::default());
    let (seen, other) = (one.seen.clone(), two.seen.clone());
    let one = managers[0].subscribe_handler("one", one, config()).unwrap();
    let two = managers[1].subscribe_handler("two", two, config()).unwrap();
    for manager in &managers {
        manager.start().await.unwrap();
    }
    until_state(&one, State::Live).await;
    until_state(&two, State::Live).await;
    note(&stores[0], Uuid::now_v7(), &[1]).await;
    append(&stores[1], "others", Uuid::now_v7(), noted(&[2])).await;
    until("both have seen it", || async { (seen.all(), other.all()) == (vec![1], vec![1]) }).await;
    tokio::time::sleep(ms(500)).await;

    let url = format!("sqlite://{}", file.path().display());
    let mut watcher = SqliteConnection::connect(&url).await.unwrap();
    let (begun, mut states) = (Instant::now(), Vec::new());
    while begun.elapsed() < ms(1_000) {
        let state = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut watcher).await;
        states.push(state.unwrap());
        tokio::time::sleep(ms(2)).await;
    }
    states.dedup();
    assert_eq!(states, [states[0]; 1] as [i64; 1], "written while nothing happens");
    for manager in managers {
        manager.stop(SOON).await.unwrap();
    }
}
