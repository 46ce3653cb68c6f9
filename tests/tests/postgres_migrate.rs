//! Making and upgrading the schema, and refusing to work without.

use es_core::{AppendError, EventStore as _, ExpectedVersion, LogQuery, StoreError};
use es_postgres::PgStore;
use es_tests::TestDatabase;
use es_tests::log::{entry, read, stream};
use futures_util::future::join_all;

#[tokio::test]
async fn eight_may_migrate_at_once() {
    let database = TestDatabase::create().await;
    let mut stores = Vec::new();
    for _ in 0..8 {
        stores.push(PgStore::connect(database.url()).await.unwrap());
    }
    let all = stores.iter().map(PgStore::migrate);
    for (at, outcome) in join_all(all).await.into_iter().enumerate() {
        outcome.unwrap_or_else(|error| panic!("number {at} failed: {error:?}"));
    }
    let rows: Vec<(i64, String)> =
        sqlx::query_as("SELECT version, name FROM es.migrations ORDER BY version")
            .fetch_all(stores[0].pool())
            .await
            .unwrap();
    assert_eq!(
        rows,
        [(1, "log".to_owned()), (2, "subscriptions".to_owned()), (3, "snapshots".to_owned())],
        "each step was applied once"
    );
}

#[tokio::test]
async fn migrating_again_keeps_the_events() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let stream = stream();
    store.append(entry(&stream, ExpectedVersion::NoStream, 3)).await.unwrap();
    database.store().await;
    assert_eq!(read(&store, &stream).await.len(), 3);
}

#[tokio::test]
async fn a_schema_of_a_newer_program_is_refused() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    sqlx::query("INSERT INTO es.migrations (version, name, checksum) VALUES (1000, 'later', '')")
        .execute(store.pool())
        .await
        .unwrap();
    assert_newer(store.migrate().await);
    assert_newer(store.settled().await);
    let refused = store.append(entry(&stream(), ExpectedVersion::Any, 1)).await;
    assert!(
        matches!(refused, Err(AppendError::Store(StoreError::Schema { found: 1000, .. }))),
        "{refused:?}"
    );
}

fn assert_newer<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    match answer {
        Err(StoreError::Schema { found: 1000, needed: 3, hint }) => {
            assert!(hint.contains("upgrade the program"), "{hint}");
        }
        answer => panic!("a newer schema must be refused, not {answer:?}"),
    }
}

#[tokio::test]
async fn a_step_that_was_changed_afterwards_is_refused() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    sqlx::query("UPDATE es.migrations SET checksum = 'another'")
        .execute(store.pool())
        .await
        .unwrap();
    match store.migrate().await {
        Err(StoreError::Unsafe { what }) => assert!(what.contains("migration 1 "), "{what}"),
        answer => panic!("another text must be refused, not {answer:?}"),
    }
}

#[tokio::test]
async fn a_missing_schema_is_named_with_what_to_do() {
    let database = TestDatabase::create().await;
    let store = PgStore::connect(database.url()).await.unwrap();
    let hint = |error: &StoreError| match error {
        StoreError::Schema { found: 0, needed: 3, hint } => hint.contains("PgStore::migrate"),
        _ => false,
    };
    let error = store.settled().await.unwrap_err();
    assert!(hint(&error), "{error:?}");
    let error = store.read_log(LogQuery::default(), 1).await.unwrap_err();
    assert!(hint(&error), "{error:?}");
    match store.append(entry(&stream(), ExpectedVersion::Any, 1)).await.unwrap_err() {
        AppendError::Store(error) => assert!(hint(&error), "{error:?}"),
        error => panic!("{error:?}"),
    }
    store.migrate().await.unwrap();
    assert_eq!(store.settled().await.unwrap().get(), 0, "the same store works once it is migrated");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("postgres://me:secret@127.0.0.1:{port}/nothing?sslmode=disable");
    let error = PgStore::connect(&url).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}

#[tokio::test]
async fn what_is_no_url_is_an_error_that_does_not_repeat_it() {
    let error = PgStore::connect("postgres://me:secret@[broken").await.unwrap_err();
    assert!(!error.is_transient(), "{error:?}");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}
