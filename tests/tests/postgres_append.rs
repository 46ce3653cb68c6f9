//! Appending to PostgreSQL: races, the caller's own transaction, and what the database refuses.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use es_core::ExpectedVersion::{Any, Exact, NoStream, StreamExists};
use es_core::{AppendError, EventStore as _, ExpectedVersion, StoreError, Version};
use es_postgres::{PgConfig, PgStore};
use es_tests::TestDatabase;
use es_tests::log::{entry, read, stream};
use futures_util::future::join_all;
use sqlx::Connection as _;

const RACERS: usize = 50;

/// Four stores, as four processes would have them, so that the racers really meet on the server.
async fn race(database: &TestDatabase, expected: ExpectedVersion, there: usize) -> (usize, usize) {
    let mut stores = Vec::new();
    for _ in 0..4 {
        stores.push(database.store_with(PgConfig::new().max_connections(8)).await);
    }
    let stream = stream();
    if there > 0 {
        stores[0].append(entry(&stream, NoStream, there)).await.unwrap();
    }
    let racers = (0..RACERS).map(|at| {
        let (store, entry) = (stores[at % 4].clone(), entry(&stream, expected, 2));
        tokio::spawn(async move { store.append(entry).await })
    });
    let outcomes: Vec<_> = join_all(racers).await.into_iter().map(Result::unwrap).collect();
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert!(error.is_conflict(), "who loses gets a conflict: {error:?}");
    }
    let versions: Vec<_> =
        read(&stores[0], &stream).await.iter().map(|e| e.version.get()).collect();
    assert_eq!(versions, (1..=versions.len() as u64).collect::<Vec<_>>(), "versions have no holes");
    (won, versions.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_who_believe_nothing_all_append() {
    let database = TestDatabase::create().await;
    assert_eq!(race(&database, Any, 0).await, (RACERS, 2 * RACERS));
    assert_eq!(race(&database, Any, 1).await, (RACERS, 2 * RACERS + 1));
    assert_eq!(race(&database, StreamExists, 1).await, (RACERS, 2 * RACERS + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_who_believe_the_same_one_appends() {
    let database = TestDatabase::create().await;
    assert_eq!(race(&database, NoStream, 0).await, (1, 2));
    assert_eq!(race(&database, Exact(Version::new(3)), 3).await, (1, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_over_the_same_streams_in_any_order_all_come_through() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let streams: Vec<_> = (0..6).map(|_| stream()).collect();
    let calls = (0..RACERS).map(|at| {
        let mut entries: Vec<_> = streams.iter().map(|stream| entry(stream, Any, 1)).collect();
        entries.rotate_left(at % 6);
        let store = store.clone();
        tokio::spawn(async move { store.append_many(entries).await })
    });
    for outcomes in join_all(calls).await {
        for outcome in outcomes.unwrap() {
            outcome.unwrap();
        }
    }
    for stream in &streams {
        let versions: Vec<_> = read(&store, stream).await.iter().map(|e| e.version.get()).collect();
        assert_eq!(versions, (1..=RACERS as u64).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_stored_id_fails_its_own_entry_alone() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let there = entry(&stream(), NoStream, 2);
    store.append(there.clone()).await.unwrap();

    let streams: Vec<_> = (0..5).map(|_| stream()).collect();
    let mut entries: Vec<_> = streams.iter().map(|stream| entry(stream, NoStream, 2)).collect();
    entries[1].events[1].id = there.events[0].id;
    entries[3].events[0].id = there.events[1].id;
    let outcomes = store.append_many(entries).await;
    let mut last = 0;
    for (at, outcome) in outcomes.into_iter().enumerate() {
        let found = read(&store, &streams[at]).await.len();
        match (at, outcome) {
            (1, Err(AppendError::DuplicateEvent { event })) => {
                assert_eq!((event, found), (there.events[0].id, 0));
            }
            (3, Err(AppendError::DuplicateEvent { event })) => {
                assert_eq!((event, found), (there.events[1].id, 0));
            }
            (_, Ok(appended)) => {
                assert_eq!(found, 2);
                assert!(appended.position.get() > last, "positions follow the entries");
                last = appended.position.get();
            }
            (_, outcome) => panic!("entry {at}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn an_append_belongs_to_the_callers_transaction() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let (kept, dropped) = (stream(), stream());
    for (stream, commit) in [(&kept, true), (&dropped, false)] {
        let mut transaction = store.pool().begin().await.unwrap();
        let appended = store.append_in(&mut transaction, entry(stream, NoStream, 2)).await.unwrap();
        assert_eq!(appended.version.get(), 2);
        assert_eq!(read(&store, stream).await.len(), 0, "nothing is visible before the commit");
        if commit {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
    }
    assert_eq!(read(&store, &kept).await.len(), 2);
    assert_eq!(read(&store, &dropped).await.len(), 0);
    store.append(entry(&dropped, NoStream, 1)).await.expect("a rolled-back stream can be begun");
}

#[tokio::test]
async fn after_a_conflict_the_callers_transaction_goes_on() {
    let database = TestDatabase::create().await;
    // One connection: nothing in here may want a second one.
    let store =
        database.store_with(PgConfig::new().max_connections(1).subscription_connections(0)).await;
    let (taken, other) = (stream(), stream());
    store.append(entry(&taken, NoStream, 3)).await.unwrap();
    let mut transaction = store.pool().begin().await.unwrap();
    for expected in [NoStream, Exact(Version::new(2)), Exact(Version::new(9))] {
        match store.append_in(&mut transaction, entry(&taken, expected, 1)).await {
            Err(AppendError::Conflict { actual, .. }) => assert_eq!(actual.get(), 3),
            outcome => panic!("{expected}: {outcome:?}"),
        }
    }
    store.append_in(&mut transaction, entry(&other, NoStream, 1)).await.unwrap();
    store.append_in(&mut transaction, entry(&taken, Exact(Version::new(3)), 1)).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!((read(&store, &taken).await.len(), read(&store, &other).await.len()), (4, 1));
}

#[tokio::test]
async fn a_stored_id_is_named_in_the_callers_transaction_too() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let there = entry(&stream(), NoStream, 1);
    store.append(there.clone()).await.unwrap();
    let mut late = entry(&stream(), NoStream, 3);
    late.events[1].id = there.events[0].id;
    let mut connection = database.connect().await;
    let mut transaction = connection.begin().await.unwrap();
    match store.append_in(&mut transaction, late).await {
        Err(AppendError::DuplicateEvent { event }) => assert_eq!(event, there.events[0].id),
        outcome => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn stored_events_cannot_be_changed() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let stream = stream();
    store.append(entry(&stream, NoStream, 2)).await.unwrap();
    let before = read(&store, &stream).await;
    let mut connection = database.connect().await;
    for role in ["SET session_replication_role = origin", "SET session_replication_role = replica"]
    {
        sqlx::raw_sql(role).execute(&mut connection).await.unwrap();
        for change in [
            "UPDATE es.events SET payload = '{}'",
            "DELETE FROM es.events",
            "TRUNCATE es.events",
            "UPDATE es.events SET version = 9 WHERE false",
        ] {
            let refused = sqlx::raw_sql(change).execute(&mut connection).await;
            let refused = refused.expect_err(change).to_string();
            assert!(refused.contains("never changed"), "{change}: {refused}");
        }
    }
    assert_eq!(read(&store, &stream).await, before);
}

/// Changes the database behind the back of a new store, which must then refuse to work, and stores nothing.
async fn assert_unsafe(change: &'static str, named: &str) {
    let database = TestDatabase::create().await;
    database.store().await;
    let mut connection = database.connect().await;
    sqlx::raw_sql(change).execute(&mut connection).await.unwrap();
    let store = PgStore::connect(database.url()).await.unwrap();
    let unsafe_ = |error: &StoreError| match error {
        StoreError::Unsafe { what } => assert!(what.contains(named), "{what}"),
        error => panic!("{change}: {error:?}"),
    };
    match store.append(entry(&stream(), Any, 1)).await.unwrap_err() {
        AppendError::Store(error) => unsafe_(&error),
        error => panic!("{change}: {error:?}"),
    }
    unsafe_(&store.settled().await.unwrap_err());
    let mut transaction = connection.begin().await.unwrap();
    match store.append_in(&mut transaction, entry(&stream(), Any, 1)).await.unwrap_err() {
        AppendError::Store(error) => unsafe_(&error),
        error => panic!("{change}: {error:?}"),
    }
    transaction.commit().await.unwrap();
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM es.events")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(stored, 0, "{change}: nothing is stored");
}

#[tokio::test]
async fn a_sequence_with_a_cache_is_refused() {
    assert_unsafe("ALTER TABLE es.events ALTER COLUMN position SET CACHE 20", "CACHE 1").await;
}

#[tokio::test]
async fn a_log_whose_trigger_is_off_is_refused() {
    assert_unsafe(
        "ALTER TABLE es.events DISABLE TRIGGER events_are_never_changed",
        "ENABLE ALWAYS TRIGGER",
    )
    .await;
    assert_unsafe(
        "ALTER TABLE es.events ENABLE TRIGGER events_are_never_changed",
        "ENABLE ALWAYS TRIGGER",
    )
    .await;
}

#[tokio::test]
async fn corrupt_rows_are_named_by_their_position() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let mut connection = database.connect().await;
    for (at, (column, value)) in [
        ("type", "''"),
        ("category", "E'a\\nb'"),
        ("occurred_at", "'infinity'"),
        ("occurred_at", "'290000-01-01'"),
        ("recorded_at", "'-infinity'"),
        ("metadata", "'[1]'"),
    ]
    .into_iter()
    .enumerate()
    {
        let fields = [
            ("version", "1"),
            ("category", "'test'"),
            ("type", "'noted'"),
            ("metadata", "'{}'"),
            ("occurred_at", "now()"),
            ("recorded_at", "now()"),
        ];
        let values = fields.map(|(name, good)| if name == column { value } else { good });
        let insert = format!(
            "INSERT INTO es.events (version, category, type, metadata, occurred_at, recorded_at, \
             stream_id, event_id, schema_version, payload) \
             VALUES ({}, gen_random_uuid(), gen_random_uuid(), 1, '{{}}')",
            values.join(", ")
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(insert)).execute(&mut connection).await.unwrap();
        let after = es_core::Position::new(at as u64);
        match store.read_log(es_core::LogQuery::after(after), 1).await {
            Err(StoreError::Corrupt { what }) => {
                assert!(what.contains(&format!("position {}", at + 1)), "{what}");
            }
            answer => panic!("{column} = {value}: {answer:?}"),
        }
    }
}
