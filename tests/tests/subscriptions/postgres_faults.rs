//! What only a database can do to a subscription: cut its connections, lack a table, be another one than before.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use es_core::StoreError;
use es_core::prelude::*;
use es_core::subscription::{Ended, OnFailure, State, SubscriptionError, SubscriptionManager};
use es_postgres::{PgContext, PgReset, PgStore};
use es_tests::TestDatabase;

use crate::support::{
    Listener, Noted, Outcome, SOON, Sums, Trap, ms, note, quick, sums, takes, trap, until,
};

/// Notes every amount by SQL of its own.
struct Amounts {
    trap: Trap,
}

#[projection(name = "amounts")]
impl Amounts {
    #[handles(Noted)]
    async fn noted(&self, event: &Noted, cx: &mut PgContext<'_>) -> Outcome {
        let insert = sqlx::query("INSERT INTO amounts (n) VALUES ($1)").bind(event.n);
        insert.execute(cx.connection()).await.map_err(ProjectionError::handler)?;
        (self.trap)(event.n).await
    }

    #[reset]
    async fn empty(&self, cx: &mut PgReset<'_>) -> Outcome {
        let emptied = sqlx::query("DELETE FROM amounts").execute(cx.connection()).await;
        emptied.map(drop).map_err(ProjectionError::handler)
    }
}

const AMOUNTS: &str = "SELECT n FROM amounts ORDER BY n";

async fn amounts(store: &PgStore) -> Vec<i64> {
    sqlx::query_scalar(AMOUNTS).fetch_all(store.pool()).await.unwrap()
}

async fn made(database: &TestDatabase) -> PgStore {
    let store = database.store().await;
    run(&store, "CREATE TABLE amounts (n bigint)").await;
    store
}

async fn run(store: &PgStore, statement: &'static str) {
    sqlx::raw_sql(statement).execute(store.pool()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_again_and_again_lose_nothing() {
    let database = TestDatabase::create().await;
    let store = made(&database).await;
    let mut expected = Vec::new();
    for round in 0..40 {
        let some: Vec<_> = (round * 10..round * 10 + 10).collect();
        note(&store, Uuid::now_v7(), &some).await;
        expected.extend(some);
    }
    let manager = SubscriptionManager::new(store.clone());
    let config = quick().batch_size(20);
    let rows = Sums::with(takes(ms(2)));
    manager.subscribe("sums", rows, config.clone()).unwrap();
    manager.subscribe("amounts", Amounts { trap: takes(ms(2)) }, config).unwrap();
    manager.start().await.unwrap();
    let mut killer = database.connect().await;
    for _ in 0..12 {
        tokio::time::sleep(ms(60)).await;
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
        sqlx::query(kill).fetch_all(&mut killer).await.unwrap();
    }
    let caught_up = async || manager.wait_caught_up(SOON).await;
    until("the store can be asked again", || async { caught_up().await.is_ok() }).await;
    // Not through the store's pool, in which dead connections may still lie.
    let amounts: Vec<i64> = sqlx::query_scalar(AMOUNTS).fetch_all(&mut killer).await.unwrap();
    assert_eq!(amounts, expected);
    let rows = sums(&store).await;
    assert_eq!(rows.iter().map(|row| row.1).collect::<Vec<_>>(), [10; 40]);
    assert_eq!(rows.iter().map(|row| row.0).sum::<i64>(), expected.iter().sum::<i64>());
    let skipped: u64 = manager.statuses().values().map(|it| it.skipped + it.parked).sum();
    assert_eq!(skipped, 0);
}

/// A handler need not tell a broken connection from a wrong statement: the driver's error among the causes of its own does.
#[tokio::test(flavor = "multi_thread")]
async fn a_handlers_error_that_wraps_a_broken_connection_is_not_the_events_fault() {
    #[derive(Debug, thiserror::Error)]
    #[error("cannot look it up")]
    struct Mine(#[source] sqlx::Error);

    let database = TestDatabase::create().await;
    let store = made(&database).await;
    note(&store, Uuid::now_v7(), &[1, 2]).await;
    let times = Arc::new(AtomicU32::new(0));
    let counted = times.clone();
    let trap = trap(move |n| {
        let broken = n == 2 && counted.fetch_add(1, Ordering::SeqCst) < 10;
        async move {
            let io = || sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
            if broken { Err(ProjectionError::handler(Mine(io()))) } else { Ok(()) }
        }
    });
    let manager = SubscriptionManager::new(store.clone());
    let config = quick().on_failure(OnFailure::Skip);
    let handle = manager.subscribe("amounts", Amounts { trap }, config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!((amounts(&store).await, handle.status().skipped), (vec![1, 2], 0));
    assert_eq!(times.load(Ordering::SeqCst), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_table_ends_it_at_once() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let last = note(&store, Uuid::now_v7(), &[1]).await;
    let manager = SubscriptionManager::new(store.clone());
    let handle = manager.subscribe("sums", Sums::default(), quick()).unwrap();
    let other = manager.subscribe_handler("ear", Listener::default(), quick()).unwrap();
    manager.start().await.unwrap();
    handle.wait_for(last, SOON).await.unwrap();
    run(&store, "DROP TABLE sums").await;
    let last = note(&store, Uuid::now_v7(), &[2]).await;
    let ended = tokio::time::timeout(SOON, handle.ended()).await.unwrap();
    let Ended::Failed(SubscriptionError::Projection(ProjectionError::Store(
        StoreError::MissingTable { table },
    ))) = ended
    else {
        panic!("{ended:?}")
    };
    assert_eq!((table, handle.status().state), ("sums", State::Failed));
    assert!(handle.status().last_error.unwrap().contains("`sums` does not exist"));
    other.wait_for(last, SOON).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_of_another_store_ends_it_at_once() {
    let store = MemoryStore::new();
    note(&store, Uuid::now_v7(), &[1]).await;
    let manager = SubscriptionManager::new(store.clone());
    let config = quick().on_failure(OnFailure::Skip);
    let nothing = trap(|_| std::future::ready(Ok(())));
    let handle = manager.subscribe("amounts", Amounts { trap: nothing }, config).unwrap();
    manager.start().await.unwrap();
    let ended = tokio::time::timeout(SOON, handle.ended()).await.unwrap();
    assert!(
        matches!(
            ended,
            Ended::Failed(SubscriptionError::Projection(ProjectionError::Context { .. }))
        ),
        "{ended:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_empties_what_sql_has_written() {
    let database = TestDatabase::create().await;
    let store = made(&database).await;
    note(&store, Uuid::now_v7(), &[1, 2]).await;
    let manager = SubscriptionManager::new(store.clone());
    let nothing = trap(|_| std::future::ready(Ok(())));
    let handle = manager.subscribe("amounts", Amounts { trap: nothing }, quick()).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    manager.stop(SOON).await.unwrap();
    manager.reset("amounts").await.unwrap();
    assert_eq!(amounts(&store).await, [] as [i64; 0]);
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!((amounts(&store).await, handle.status().events), (vec![1, 2], 4));
}

/// Stops a subscription whose checkpoint is at 2 of 2, changes the database, and starts it again.
async fn after_a_change(change: &'static str) -> String {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    note(&store, Uuid::now_v7(), &[1, 2]).await;
    let manager = SubscriptionManager::new(store.clone());
    let handle = manager.subscribe("sums", Sums::default(), quick()).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    manager.stop(SOON).await.unwrap();
    run(&store, change).await;
    // As the database is when it is opened again.
    let store = database.store().await;
    let again = SubscriptionManager::new(store.clone());
    let config = quick().on_failure(OnFailure::Skip);
    let handle_again = again.subscribe("sums", Sums::default(), config).unwrap();
    again.start().await.unwrap();
    let ended = tokio::time::timeout(SOON, handle_again.ended()).await.unwrap();
    drop(handle);
    match ended {
        Ended::Failed(
            SubscriptionError::Projection(ProjectionError::Store(
                error @ StoreError::ForeignCheckpoint { .. },
            ))
            | SubscriptionError::Store(error @ StoreError::ForeignCheckpoint { .. }),
        ) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_whose_event_is_not_in_the_log_ends_it() {
    let error = after_a_change("UPDATE es.checkpoints SET event_id = gen_random_uuid()").await;
    assert!(error.contains("the log has no event"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_beyond_the_end_of_the_log_ends_it() {
    let error = after_a_change("UPDATE es.checkpoints SET position = 1000").await;
    assert!(error.contains("the log ends before position 1000"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_of_another_store_ends_it() {
    after_a_change("UPDATE es.store SET store_id = gen_random_uuid()").await;
}
