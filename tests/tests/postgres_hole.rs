//! What readers of the log wait for can be asked.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::time::Duration;

use es_core::EventStore as _;
use es_core::ExpectedVersion::NoStream;
use es_postgres::PgConfig;
use es_tests::TestDatabase;
use es_tests::log::{entry, stream};

#[tokio::test]
async fn a_hole_names_who_holds_it() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let slow = database.store_with(PgConfig::new().application_name("slow import")).await;
    assert_eq!(store.hole().await.unwrap(), None, "nobody is writing");
    store.append(entry(&stream(), NoStream, 1)).await.unwrap();

    let mut transaction = slow.transaction().await.unwrap();
    slow.append_in(&mut transaction, entry(&stream(), NoStream, 1)).await.unwrap();
    assert_eq!(store.hole().await.unwrap(), None, "nothing is behind it yet");
    store.append(entry(&stream(), NoStream, 1)).await.unwrap();
    let pid: i32 =
        sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *transaction).await.unwrap();

    let hole = store.hole().await.unwrap().expect("2 is missing, 3 is there");
    assert_eq!((hole.settled.get(), hole.last.get()), (1, 3));
    assert_eq!(hole.holders.len(), 1, "{hole:?}");
    let holder = &hole.holders[0];
    assert_eq!(holder.pid, Some(pid));
    assert_eq!(holder.application.as_deref(), Some("slow import"));
    assert_eq!(holder.state.as_deref(), Some("idle in transaction"));
    assert!(holder.user.is_some() && holder.since.is_some() && holder.prepared.is_none());
    assert!(holder.open_for.unwrap() < Duration::from_mins(1), "{holder:?}");
    let later = store.hole().await.unwrap().expect("it is open still");
    assert!(later.open_for > hole.open_for, "{later:?} after {hole:?}");

    transaction.rollback().await.unwrap();
    assert_eq!(store.hole().await.unwrap(), None, "2 will never be");
    assert_eq!(store.settled().await.unwrap().get(), 3);
}

#[tokio::test]
async fn a_hole_names_a_prepared_transaction() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let mut transaction = store.transaction().await.unwrap();
    store.append_in(&mut transaction, entry(&stream(), NoStream, 1)).await.unwrap();
    let name = format!("of-{}", database.name());
    let prepare = sqlx::AssertSqlSafe(format!("PREPARE TRANSACTION '{name}'"));
    sqlx::raw_sql(prepare).execute(&mut *transaction).await.unwrap();
    store.append(entry(&stream(), NoStream, 1)).await.unwrap();

    let hole = store.hole().await.unwrap().expect("1 is missing, 2 is there");
    assert_eq!(hole.holders.len(), 1, "{hole:?}");
    let holder = &hole.holders[0];
    assert_eq!((holder.pid, holder.prepared.as_deref()), (None, Some(name.as_str())), "{holder:?}");
    assert!(holder.user.is_some() && holder.open_for.is_some(), "{holder:?}");

    let commit = sqlx::AssertSqlSafe(format!("COMMIT PREPARED '{name}'"));
    sqlx::raw_sql(commit).execute(store.pool()).await.unwrap();
    assert_eq!(store.hole().await.unwrap(), None);
    assert_eq!(store.settled().await.unwrap().get(), 2);
}
