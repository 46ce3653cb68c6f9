//! Round trips: how many answers of the server a command waits for. Statements are prepared before.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

#[path = "account/mod.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod account;

use account::{Account, opened};
use es_core::ExpectedVersion::NoStream;
use es_core::{CommandId, EventStore as _, Repository, StreamQuery};
use es_postgres::{PgConfig, PgStore};
use es_tests::TestDatabase;
use es_tests::log::{entry, stream};
use es_tests::proxy::{Proxy, behind_proxy};
use futures_util::TryStreamExt as _;
use uuid::Uuid;

/// How often to measure. A connection that was idle for a moment, on a machine with other things to do, goes back to the
/// pool, which looks after it: one more round trip that no command waits for.
const TRIES: usize = 20;

/// The round trips that `work` was seen to take, once its statements are prepared: no more in most of the tries.
async fn turns(proxy: &Proxy, mut work: impl AsyncFnMut()) -> u64 {
    let mut seen = Vec::with_capacity(TRIES);
    for _ in 0..TRIES {
        let before = proxy.turns("es");
        work().await;
        seen.push(proxy.turns("es") - before);
    }
    seen.sort_unstable();
    seen[TRIES / 2]
}

async fn store() -> (PgStore, Proxy, TestDatabase) {
    let database = TestDatabase::create().await;
    let (store, proxy) = behind_proxy(&database, PgConfig::new()).await;
    (store, proxy, database)
}

#[tokio::test]
async fn a_cold_command_costs_two_and_a_beginning_one() {
    let (store, proxy, _database) = store().await;
    let accounts = Repository::<Account, _>::new(store);
    let create = async || drop(accounts.create(Uuid::now_v7(), opened("Ada", 500)).await.unwrap());
    assert_eq!(turns(&proxy, create).await, 1, "a beginning");
    let id = Uuid::now_v7();
    accounts.create(id, opened("Ada", 500)).await.unwrap();
    let command = async || drop(accounts.execute(id, |account| account.deposit(7)).await.unwrap());
    assert_eq!(turns(&proxy, command).await, 2, "load and append");
}

#[tokio::test]
async fn a_warm_command_costs_one_and_a_look_at_what_came_after_one() {
    let (store, proxy, _database) = store().await;
    let accounts = Repository::<Account, _>::new(store).cached(10);
    let id = Uuid::now_v7();
    accounts.create(id, opened("Ada", 500)).await.unwrap();
    let command = async || drop(accounts.execute(id, |account| account.deposit(7)).await.unwrap());
    assert_eq!(turns(&proxy, command).await, 1, "a command");
    let once = async || {
        let command = CommandId::new();
        accounts.execute_once(command, id, |account| account.deposit(7)).await.unwrap();
        let refused = accounts.execute(id, |account| account.withdraw(1_000_000)).await;
        refused.unwrap_err();
    };
    assert_eq!(
        turns(&proxy, once).await,
        2,
        "a command with an id, and a refusal that is made sure of"
    );
    let load = async || drop(accounts.load(id).await.unwrap());
    assert_eq!(turns(&proxy, load).await, 1, "a load");
    assert_eq!(accounts.cache_stats().misses, 0);
}

#[tokio::test]
async fn a_load_costs_one_and_so_does_a_call_for_many_streams() {
    let (store, proxy, _database) = store().await;
    let there = stream();
    store.append(entry(&there, NoStream, 300)).await.unwrap();
    let load = async || {
        let events = store.read_stream(&there, StreamQuery::ALL).try_collect::<Vec<_>>().await;
        assert_eq!(events.unwrap().len(), 300);
    };
    assert_eq!(turns(&proxy, load).await, 1, "a load");
    let many = async || {
        let entries = (0..50).map(|_| entry(&stream(), NoStream, 2)).collect();
        assert!(store.append_many(entries).await.iter().all(Result::is_ok));
    };
    assert_eq!(turns(&proxy, many).await, 1, "fifty streams");
}
