//! The connection breaks while an append is under way: the answer is the truth, and nothing is stored twice.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::time::Duration;

use es_core::ExpectedVersion::{self, Any, Exact, NoStream, StreamExists};
use es_core::{AppendError, EventStore as _, NewEvent, StreamAppend, StreamId, Version};
use es_postgres::{PgConfig, PgStore};
use es_tests::TestDatabase;
use es_tests::log::{entry, read, stream, until};
use es_tests::proxy::behind_proxy;
use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinHandle;

/// A stream of three events.
async fn begun(store: &PgStore) -> StreamId {
    let stream = stream();
    store.append(entry(&stream, NoStream, 3)).await.unwrap();
    stream
}

/// Somebody else who locks a stream's row: appends to it wait.
async fn lock(database: &TestDatabase, stream: &StreamId) -> PgConnection {
    let mut connection = database.connect().await;
    sqlx::raw_sql("BEGIN").execute(&mut connection).await.unwrap();
    sqlx::query("SELECT FROM es.streams WHERE stream_id = $1 FOR UPDATE")
        .bind(stream.id())
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection
}

async fn unlock(mut connection: PgConnection) {
    sqlx::raw_sql("COMMIT").execute(&mut connection).await.unwrap();
}

/// The sessions that wait for a lock with an append.
async fn waiting(database: &TestDatabase) -> Vec<i32> {
    let mut connection = database.connect().await;
    let waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                   AND datname = current_database() AND query LIKE '-- es.append%'";
    let pids = sqlx::query_scalar(waiting).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    pids
}

async fn until_waiting(database: &TestDatabase, sessions: usize) {
    let enough = || async { waiting(database).await.len() >= sessions };
    until("appends wait for the lock", enough).await;
}

/// Ends the sessions that wait with an append.
async fn terminate_waiting(database: &TestDatabase) {
    let pids = waiting(database).await;
    let mut connection = database.connect().await;
    let ended: Vec<bool> = sqlx::query_scalar("SELECT pg_terminate_backend(unnest($1))")
        .bind(&pids)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(ended, vec![true; pids.len()]);
    let gone = || async { waiting(database).await.iter().all(|pid| !pids.contains(pid)) };
    until("the sessions have ended", gone).await;
}

type Answer = Result<es_core::Appended, AppendError>;

fn spawn(store: &PgStore, append: StreamAppend) -> JoinHandle<Answer> {
    let store = store.clone();
    tokio::spawn(async move { store.append(append).await })
}

fn after_three(stream: &StreamId, expected: ExpectedVersion) -> StreamAppend {
    entry(stream, expected, 2)
}

async fn assert_after_three(store: &PgStore, stream: &StreamId, events: &[NewEvent]) {
    let ids: Vec<_> = read(store, stream).await.iter().skip(3).map(|event| event.id).collect();
    assert_eq!(ids, events.iter().map(|event| event.id).collect::<Vec<_>>(), "stored once");
}

const BELIEFS: [ExpectedVersion; 3] = [Any, StreamExists, Exact(Version::new(3))];

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_ended_while_it_waits_is_followed_by_another() {
    for expected in BELIEFS {
        let database = TestDatabase::create().await;
        let store = database.store().await;
        let stream = begun(&store).await;
        let held = lock(&database, &stream).await;
        let append = after_three(&stream, expected);
        let answer = spawn(&store, append.clone());
        until_waiting(&database, 1).await;
        terminate_waiting(&database).await;
        until_waiting(&database, 1).await;
        unlock(held).await;
        let appended = answer.await.unwrap().unwrap();
        assert_eq!((appended.first_version.get(), appended.version.get()), (4, 5), "{expected}");
        assert_after_three(&store, &stream, &append.events).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_on_the_way_is_found_again() {
    for expected in BELIEFS {
        let database = TestDatabase::create().await;
        let (store, proxy) = behind_proxy(&database, PgConfig::new()).await;
        let stream = begun(&store).await;
        let append = after_three(&stream, expected);
        proxy.cut_after_next_append();
        let appended = store.append(append.clone()).await.unwrap();
        assert_eq!((appended.version.get(), proxy.cuts()), (5, 1), "{expected}");
        assert_after_three(&store, &stream, &append.events).await;
        let last = read(&store, &stream).await.pop().unwrap();
        assert_eq!(appended.position, last.position);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_session_that_commits_after_the_store_has_looked_is_no_failure() {
    for expected in BELIEFS {
        let database = TestDatabase::create().await;
        let (store, proxy) = behind_proxy(&database, PgConfig::new()).await;
        let stream = begun(&store).await;
        let held = lock(&database, &stream).await;
        let append = after_three(&stream, expected);
        proxy.cut_after_next_append();
        let answer = spawn(&store, append.clone());
        // The old session and the second attempt: the store has looked and found nothing.
        until_waiting(&database, 2).await;
        unlock(held).await;
        let appended = answer.await.unwrap().unwrap();
        assert_eq!((appended.version.get(), proxy.cuts()), (5, 1), "{expected}");
        assert_after_three(&store, &stream, &append.events).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_learnt_in_time_is_not_called_a_failure() {
    let database = TestDatabase::create().await;
    let config = PgConfig::new().outcome_timeout(Duration::from_millis(300));
    let (store, proxy) = behind_proxy(&database, config).await;
    let stream = begun(&store).await;
    let held = lock(&database, &stream).await;
    let append = after_three(&stream, Exact(Version::new(3)));
    proxy.cut_after_next_append();
    match store.append(append.clone()).await {
        Err(AppendError::OutcomeUnknown { stream: named, first_event, .. }) => {
            assert_eq!((named, first_event), (stream.clone(), append.events[0].id));
        }
        answer => panic!("nobody can know this yet: {answer:?}"),
    }
    unlock(held).await;
    let stored = || async { read(&store, &stream).await.len() == 5 };
    until("the old session commits", stored).await;
    until("nobody waits any more", || async { waiting(&database).await.is_empty() }).await;
    assert_after_three(&store, &stream, &append.events).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stays_away_leaves_the_outcome_unknown() {
    let database = TestDatabase::create().await;
    let config = PgConfig::new().outcome_timeout(Duration::from_millis(300));
    let (store, proxy) = behind_proxy(&database, config).await;
    let stream = begun(&store).await;
    let held = lock(&database, &stream).await;
    let append = after_three(&stream, Any);
    let answer = spawn(&store, append.clone());
    until_waiting(&database, 1).await;
    drop(proxy);
    let answer = answer.await.unwrap();
    assert!(matches!(answer, Err(AppendError::OutcomeUnknown { .. })), "{answer:?}");
    unlock(held).await;
    let direct = database.store().await;
    until("the old session commits", || async { read(&direct, &stream).await.len() == 5 }).await;
    assert_after_three(&direct, &stream, &append.events).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_overtaken_meanwhile_gets_the_conflict() {
    let database = TestDatabase::create().await;
    let (store, proxy) = behind_proxy(&database, PgConfig::new()).await;
    let stream = begun(&store).await;
    let mut other = database.connect().await;
    let mut transaction = other.begin().await.unwrap();
    let faster = after_three(&stream, Exact(Version::new(3)));
    store.append_in(&mut transaction, faster.clone()).await.unwrap();
    // The proxy has let the append of the transaction pass: it does not go through it.
    proxy.cut_after_next_append();
    let answer = spawn(&store, after_three(&stream, Exact(Version::new(3))));
    until_waiting(&database, 2).await;
    transaction.commit().await.unwrap();
    match answer.await.unwrap() {
        Err(AppendError::Conflict { actual, .. }) => assert_eq!(actual.get(), 5),
        answer => panic!("{answer:?}"),
    }
    assert_eq!(proxy.cuts(), 1);
    assert_after_three(&store, &stream, &faster.events).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_somebody_else_stored_is_not_taken_for_ours() {
    let database = TestDatabase::create().await;
    let (store, proxy) = behind_proxy(&database, PgConfig::new()).await;
    let stream = begun(&store).await;
    let theirs = read(&store, &stream).await[1].id;
    let mut append = entry(&es_tests::log::stream(), NoStream, 2);
    append.events[1].id = theirs;
    proxy.cut_after_next_append();
    match store.append(append.clone()).await {
        Err(AppendError::DuplicateEvent { event }) => assert_eq!(event, theirs),
        answer => panic!("{answer:?}"),
    }
    assert_eq!((proxy.cuts(), read(&store, &append.stream).await.len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_of_a_broken_call_gets_its_own_answer() {
    let database = TestDatabase::create().await;
    let (store, proxy) = behind_proxy(&database, PgConfig::new()).await;
    let (one, two, three) = (begun(&store).await, stream(), begun(&store).await);
    let held = lock(&database, &one).await;
    let entries = vec![
        after_three(&one, Exact(Version::new(3))),
        entry(&two, NoStream, 2),
        after_three(&three, Exact(Version::new(2))),
    ];
    proxy.cut_after_next_append();
    let answers = tokio::spawn({
        let (store, entries) = (store.clone(), entries.clone());
        async move { store.append_many(entries).await }
    });
    // The statement has passed the locked stream over; the second attempt has come for it alone.
    until_waiting(&database, 1).await;
    unlock(held).await;
    let answers = answers.await.unwrap();
    assert!(answers[0].is_ok() && answers[1].is_ok(), "{answers:?}");
    assert!(matches!(answers[2], Err(AppendError::Conflict { .. })), "{answers:?}");
    assert_after_three(&store, &one, &entries[0].events).await;
    assert_eq!(read(&store, &two).await.len(), 2);
    assert_eq!((read(&store, &three).await.len(), proxy.cuts()), (3, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_may_pass_is_told_only_when_nobody_can_be_appending() {
    let database = TestDatabase::create().await;
    let (store, proxy) = behind_proxy(&database, PgConfig::new()).await;
    let mut other = database.connect().await;
    let mut transaction = other.begin().await.unwrap();
    store.append_in(&mut transaction, entry(&stream(), NoStream, 1)).await.unwrap();
    let missing = stream();
    proxy.cut_after_next_append();
    let answer = spawn(&store, entry(&missing, StreamExists, 1));
    let asks = || async {
        let asks = "SELECT EXISTS (SELECT FROM pg_stat_activity \
                    WHERE datname = current_database() AND query LIKE '-- Everybody who may%')";
        sqlx::query_scalar(asks).fetch_one(store.pool()).await.unwrap()
    };
    until("the store asks who may be appending", asks).await;
    assert!(!answer.is_finished(), "somebody may still be appending");
    transaction.commit().await.unwrap();
    match answer.await.unwrap() {
        Err(AppendError::Conflict { actual, .. }) => assert_eq!(actual, Version::START),
        answer => panic!("{answer:?}"),
    }
    assert_eq!((proxy.cuts(), read(&store, &missing).await.len()), (1, 0));
}
