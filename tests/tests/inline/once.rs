//! Caches, and commands that are sent again, with projections inside the append.

use es_core::{Committed, InlineStore, prelude::*};
use es_tests::TestDatabase;
use futures_util::future::join_all;

use crate::days::{Repo, Sale, Sold, revenue, sales, stored};

async fn sell<S: InlineStore>(repo: &Repo<S>, command: CommandId, id: Uuid) -> Committed {
    let sell = |_: &Sale| Ok::<_, &str>([1, 2].map(|cents| Sold { day: 1, cents }));
    repo.execute_once(command, id, sell).await.unwrap()
}

async fn a_repetition_runs_no_projection<S: InlineStore + Clone>(store: S) {
    let plain = sales(store.clone()).await;
    let repos = [plain.clone(), plain.clone().cached(10), plain.clone().cached(10)];
    let id = Uuid::now_v7();
    let begun = CommandId::new();
    for repo in &repos {
        let done = repo.create_once(begun, id, Sold { day: 1, cents: 500 }).await.unwrap();
        assert_eq!((done.events(), done.version()), (1, Version::new(1)));
        repo.load(id).await.unwrap();
    }
    assert_eq!(revenue(&store, 1).await, Some(500));
    for round in 1..=4 {
        let command = CommandId::new();
        let sent = (0..9).map(|n| sell(&repos[n % 3], command, id));
        let answers = join_all(sent).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(answers[0].events(), 2);
        assert_eq!(revenue(&store, 1).await, Some(500 + 3 * round), "once");
    }
    assert_eq!(stored(&store).await, 9);
    // In a process that has just started.
    let again = sales(store.clone()).await.create_once(begun, id, Sold { day: 13, cents: 1 }).await;
    assert_eq!(again.unwrap().version(), Version::new(1));
}

async fn a_handler_that_fails_leaves_the_cache_right<S: InlineStore + Clone>(store: S) {
    let repo = sales(store.clone()).await.cached(10);
    let id = Uuid::now_v7();
    repo.create(id, Sold { day: 1, cents: 5 }).await.unwrap();
    for day in [13, 14] {
        let unlucky = |_: &Sale| Ok::<_, &str>(Sold { day, cents: 7 });
        repo.execute(id, unlucky).await.unwrap_err();
        let mut seen = 0;
        let look = repo.execute(id, |sale| {
            seen = sale.cents;
            Ok::<_, &str>(Sold { day: 1, cents: 0 })
        });
        look.await.unwrap();
        assert_eq!(seen, 5);
    }
    assert_eq!(repo.cache_stats().misses, 0);
    assert_eq!(revenue(&store, 1).await, Some(5));
}

macro_rules! on_every_store {
    ($($test:ident)+) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(es_core::MemoryStore::new()).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let database = super::TestDatabase::create().await;
                super::$test(database.store().await).await;
            })+
        }
    };
}

on_every_store! {
    a_repetition_runs_no_projection
    a_handler_that_fails_leaves_the_cache_right
}
