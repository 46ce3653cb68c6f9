//! Connections that die while they lie in the pool cost no error: reads are sent again, appends learn what became of them.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use es_core::ExpectedVersion::{Any, NoStream};
use es_core::{
    Checkpoint, Column, EventId, EventStore as _, Fingerprint, LogQuery, NewSnapshot, Payload,
    Position, ProjectionPart, ProjectionStore as _, RowSelection, SnapshotQuery, StoreError,
    StreamId, StreamQuery, SubscriptionStore as _, Table, Version,
};
use es_postgres::{PgConfig, PgStore};
use es_tests::TestDatabase;
use es_tests::log::{entry, read, stream, until};
use futures_util::TryStreamExt as _;
use futures_util::future::join_all;
use sqlx::Connection as _;

const CONNECTIONS: u32 = 6;

/// Fills the store's pool with connections, and then ends the sessions of all of them.
async fn kill_all_idle(database: &TestDatabase, store: &PgStore) {
    let all_alive = || async {
        let mut alive = 0;
        // Those that are dead leave the pool now.
        for held in &mut join_all((0..CONNECTIONS).map(|_| store.pool().acquire())).await {
            alive += u32::from(held.as_mut().unwrap().ping().await.is_ok());
        }
        alive == CONNECTIONS
    };
    until("all connections are alive", all_alive).await;
    let lie_there = || async { store.pool().num_idle() == CONNECTIONS as usize };
    until("all connections lie in the pool", lie_there).await;
    let others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sqlx::raw_sql(others).execute(&mut database.connect().await).await.unwrap();
}

/// Reads in one of several ways. `None` when there are no more ways; else what it answered, and what it should find.
async fn read_in_way(
    way: usize,
    store: &PgStore,
    (stream, id): (&StreamId, EventId),
) -> Option<(Result<usize, StoreError>, usize)> {
    let of_types: [&str; 1] = ["noted"];
    let part = ProjectionPart::whole("none", 1);
    let log = LogQuery::default();
    let beyond = StreamQuery::after(Version::new(3));
    let of_stream = |query| async move {
        let events = store.read_stream(stream, query).try_collect::<Vec<_>>().await?;
        Ok(events.len())
    };
    let of_log = |query| async move { Ok(store.read_log(query, 9).await?.events.len()) };
    Some(match way {
        0 => (of_stream(StreamQuery::ALL).await, 3),
        1 => (of_stream(beyond).await, 0),
        2 => (store.settled().await.map(|settled| usize::from(settled.get() == 3)), 1),
        3 => (of_log(log).await, 3),
        4 => (of_log(log.names(&of_types)).await, 3),
        5 => (of_log(log.category("test")).await, 3),
        6 => (store.stream_log(log).try_collect::<Vec<_>>().await.map(|all| all.len()), 3),
        7 => (store.locate(&[id]).await.map(|found| found.len()), 1),
        8 => (store.hole().await.map(|hole| usize::from(hole.is_some())), 0),
        9 => (store.checkpoint(&part).await.map(|_| 0), 0),
        10 => (store.fits(&part, Checkpoint::default()).await.map(|()| 0), 0),
        11 => (store.count_log(log).await.map(|count| usize::from(count == 3)), 1),
        12 => (store.transaction().await.map(|_| 0), 0),
        13 => (from_snapshot(store, stream).await, 3),
        14 => (keep_snapshot(store, stream).await.map(usize::from), 0),
        15 => (store.read_rows(TABLE, RowSelection::Keys(&[])).await.map(|rows| rows.len()), 0),
        _ => return None,
    })
}

const TABLE: &Table = &Table::new("sums", "id", &[Column::of::<String>("id")]);

const SHAPE: Fingerprint = Fingerprint::of("a shape");

async fn from_snapshot(store: &PgStore, stream: &StreamId) -> Result<usize, StoreError> {
    let (found, events) = store.read_from_snapshot(stream, SnapshotQuery::of(SHAPE)).await?;
    assert_eq!(found, None);
    Ok(events.try_collect::<Vec<_>>().await?.len())
}

/// Of an event that is not there: what matters is that the store is asked.
async fn keep_snapshot(store: &PgStore, stream: &StreamId) -> Result<bool, StoreError> {
    let (version, state) = (Version::new(9), Payload::from_json("{}").unwrap());
    let new = NewSnapshot::new(stream.clone(), version, Position::new(9), SHAPE, state);
    store.save_snapshot(new).await
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_survive_connections_that_died_while_idle() {
    let database = TestDatabase::create().await;
    let store = database
        .store_with(PgConfig::new().max_connections(CONNECTIONS).subscription_connections(0))
        .await;
    let (stream, new) = (stream(), 3);
    let append = entry(&stream, NoStream, new);
    let id = append.events[0].id;
    store.append(append).await.unwrap();
    store.ensure_table(TABLE).await.unwrap();
    for way in 0.. {
        kill_all_idle(&database, &store).await;
        let Some((answer, wanted)) = read_in_way(way, &store, (&stream, id)).await else {
            assert_eq!(way, 16);
            break;
        };
        assert_eq!(answer.unwrap_or_else(|e| panic!("way {way}: {e:?}")), wanted, "way {way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_look_at_the_database_survives_them_too() {
    let database = TestDatabase::create().await;
    let store = database
        .store_with(PgConfig::new().max_connections(CONNECTIONS).subscription_connections(0))
        .await;
    kill_all_idle(&database, &store).await;
    assert_eq!(store.settled().await.unwrap().get(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_learn_what_became_of_them() {
    let database = TestDatabase::create().await;
    let store = database
        .store_with(PgConfig::new().max_connections(CONNECTIONS).subscription_connections(0))
        .await;
    let stream = stream();
    store.append(entry(&stream, NoStream, 3)).await.unwrap();
    for round in 1..=3 {
        kill_all_idle(&database, &store).await;
        let appended = store.append(entry(&stream, Any, 1)).await.unwrap();
        assert_eq!(appended.version.get(), 3 + round);
    }
    assert_eq!(read(&store, &stream).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_every_session_is_not_asked_for_ever() {
    let database = TestDatabase::create().await;
    let store =
        database.store_with(PgConfig::new().max_connections(2).subscription_connections(0)).await;
    store.settled().await.unwrap();
    let mut blocker = database.connect().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE es.events").execute(&mut blocker).await.unwrap();
    let asked = tokio::spawn({
        let store = store.clone();
        async move { store.read_stream(&stream(), StreamQuery::ALL).try_collect::<Vec<_>>().await }
    });
    let ended = || async {
        let waiting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        sqlx::raw_sql(waiting).execute(&mut database.connect().await).await.unwrap();
        asked.is_finished()
    };
    until("the read gives up", ended).await;
    let answer = asked.await.unwrap();
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
}
