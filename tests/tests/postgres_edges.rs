//! Edges of the PostgreSQL store: a sequence set back, a call that breaks as a whole, a read beyond a stream's end.

use std::time::{Duration, Instant};

use es_core::ExpectedVersion::{Any, Exact, NoStream};
use es_core::{AppendError, Category, EventStore as _, StoreError, StreamId, StreamQuery, Version};
use es_postgres::{PgConfig, PgStore};
use es_tests::TestDatabase;
use es_tests::log::{entry, stream, until};
use futures_util::TryStreamExt as _;
use sqlx::Connection as _;

#[tokio::test]
async fn a_sequence_behind_the_log_is_refused() {
    let database = TestDatabase::create().await;
    let first = database.store().await;
    first.append(entry(&stream(), NoStream, 5)).await.unwrap();
    // A hole, which a sequence that is set back would fill behind the readers' backs.
    let mut connection = database.connect().await;
    let mut transaction = connection.begin().await.unwrap();
    first.append_in(&mut transaction, entry(&stream(), NoStream, 3)).await.unwrap();
    transaction.rollback().await.unwrap();
    first.append(entry(&stream(), NoStream, 1)).await.unwrap();
    sqlx::query("SELECT setval(pg_get_serial_sequence('es.events', 'position'), 5)")
        .execute(&mut connection)
        .await
        .unwrap();

    let store = PgStore::connect(database.url()).await.unwrap();
    match store.append(entry(&stream(), NoStream, 3)).await {
        Err(AppendError::Store(StoreError::Unsafe { what })) => {
            assert!(what.contains("setval"), "{what}");
        }
        outcome => panic!("{outcome:?}"),
    }
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM es.events")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(stored, 6, "nothing is stored");

    sqlx::query(
        "SELECT setval(pg_get_serial_sequence('es.events', 'position'), \
         (SELECT max(position) FROM es.events))",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    store.append(entry(&stream(), NoStream, 3)).await.expect("the advice that was given helps");
}

#[tokio::test]
async fn a_version_is_taken_once_also_by_who_writes_around_the_store() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let stream = stream();
    store.append(entry(&stream, NoStream, 2)).await.unwrap();
    let around = async |version: i64| {
        let insert = "INSERT INTO es.events (stream_id, version, event_id, category, type, schema_version, payload, \
                      metadata, occurred_at) SELECT stream_id, $1, gen_random_uuid(), category, type, \
                      schema_version, payload, metadata, occurred_at FROM es.events WHERE version = 1";
        sqlx::query(insert).bind(version).execute(store.pool()).await
    };
    let refused = around(2).await.unwrap_err().to_string();
    assert!(refused.contains("events_stream_version"), "{refused}");

    around(3).await.unwrap();
    for expected in [Any, Exact(Version::new(2))] {
        match store.append(entry(&stream, expected, 1)).await {
            Err(AppendError::Store(StoreError::Corrupt { what })) => {
                assert!(what.contains("around the store"), "{what}");
            }
            outcome => panic!("{outcome:?}"),
        }
    }
}

#[tokio::test]
async fn a_call_that_breaks_answers_for_all_its_entries_within_the_time() {
    let limit = Duration::from_secs(1);
    let database = TestDatabase::create().await;
    let store = database.store_with(PgConfig::new().outcome_timeout(limit)).await;
    store.settled().await.unwrap();
    // Nobody can append or look, so of no entry can anything be learnt.
    let mut observer = database.connect().await;
    let mut blocker = database.connect().await;
    let mut transaction = blocker.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE es.events").execute(&mut *transaction).await.unwrap();

    let entries: Vec<_> = (0..8).map(|_| entry(&stream(), Any, 1)).collect();
    let call = tokio::spawn({
        let (store, entries) = (store.clone(), entries.clone());
        async move { store.append_many(entries).await }
    });
    loop {
        let ended: Vec<bool> = sqlx::query_scalar(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        .fetch_all(&mut observer)
        .await
        .unwrap();
        if !ended.is_empty() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let broke = Instant::now();
    let outcomes = call.await.unwrap();
    assert!(broke.elapsed() < limit * 4, "it took {:?}", broke.elapsed());
    for outcome in &outcomes {
        assert!(matches!(outcome, Err(AppendError::OutcomeUnknown { .. })), "{outcome:?}");
    }
    transaction.rollback().await.unwrap();
    until("the store works again", || async {
        store.append(entry(&stream(), Any, 1)).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn a_read_beyond_the_end_still_sees_the_wrong_category() {
    let database = TestDatabase::create().await;
    // One connection: the second question must not wait for the first.
    let store =
        database.store_with(PgConfig::new().max_connections(1).subscription_connections(0)).await;
    let there = stream();
    store.append(entry(&there, NoStream, 2)).await.unwrap();
    let other = StreamId::new(Category::new("another").unwrap(), there.id());
    let nothing = [
        StreamQuery::after(Version::new(2)),
        StreamQuery::after(Version::new(u64::MAX)),
        StreamQuery::ALL.up_to(Version::START),
    ];
    for query in nothing {
        let read = store.read_stream(&there, query).try_collect::<Vec<_>>().await.unwrap();
        assert_eq!(read, []);
        match store.read_stream(&other, query).try_collect::<Vec<_>>().await {
            Err(StoreError::WrongCategory { actual, .. }) => assert_eq!(actual, *there.category()),
            read => panic!("{query:?}: {read:?}"),
        }
        let read = store.read_stream(&stream(), query).try_collect::<Vec<_>>().await.unwrap();
        assert_eq!(read, [], "a stream that does not exist is empty");
    }
}
