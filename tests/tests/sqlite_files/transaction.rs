//! Appends inside a transaction of the program's own.

use es_core::prelude::*;
use es_core::{AppendError, StreamAppend};
use es_tests::TestFile;
use es_tests::log::{events, stream};
use sqlx::SqliteConnection;

use crate::support::{add, ids, one, run};

async fn letters(connection: &mut SqliteConnection) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM letters")
        .fetch_one(connection)
        .await
        .expect("readable")
}

#[tokio::test]
async fn events_and_the_programs_rows_are_committed_together() {
    let file = TestFile::create();
    let store = file.store().await;
    let mut transaction = store.transaction().await.expect("nobody else writes");
    run(&mut transaction, "CREATE TABLE letters (text TEXT)").await.expect("it may write");
    transaction.commit().await.expect("nothing is wrong");

    for commit in [false, true] {
        let mut wakes = es_core::SubscriptionStore::wakes(&store);
        let mut transaction = store.transaction().await.expect("nobody else writes");
        run(&mut transaction, "INSERT INTO letters VALUES ('Welcome!')")
            .await
            .expect("it may write");
        store.append_in(&mut transaction, one()).await.expect("the stream is new");
        assert_eq!(ids(&store).await.len(), 0, "nobody sees it before the commit");
        if commit {
            transaction.commit().await.expect("nothing is wrong");
            wakes.next().await;
        } else {
            drop(transaction);
        }
        let mut reader = store.pool().acquire().await.expect("a connection");
        assert_eq!(letters(&mut reader).await, i64::from(commit));
        assert_eq!(ids(&store).await.len(), usize::from(commit));
    }
}

#[tokio::test]
async fn a_refused_append_leaves_the_transaction_as_it_was() {
    let file = TestFile::create();
    let store = file.store().await;
    let taken = one();
    store.append(taken.clone()).await.expect("the stream is new");
    let mut transaction = store.transaction().await.expect("nobody else writes");
    let conflict = store.append_in(&mut transaction, taken.clone()).await;
    assert!(matches!(conflict, Err(AppendError::Conflict { .. })), "{conflict:?}");
    // The second of three is taken, so one was written before it was noticed.
    let mut repeated = events(3);
    repeated[1].id = taken.events[0].id;
    let repeated = StreamAppend::new(stream(), ExpectedVersion::NoStream, repeated);
    let stream = repeated.stream.clone();
    let duplicate = store.append_in(&mut transaction, repeated).await;
    assert!(matches!(duplicate, Err(AppendError::DuplicateEvent { .. })), "{duplicate:?}");
    let good = StreamAppend::new(stream, ExpectedVersion::NoStream, events(2));
    let appended = store.append_in(&mut transaction, good).await.expect("the stream is still new");
    assert_eq!((appended.version.get(), appended.position.get()), (2, 3));
    transaction.commit().await.expect("nothing is wrong");
    assert_eq!(ids(&store).await.len(), 3);
    transaction_may_be_given_up(&store).await;
}

async fn transaction_may_be_given_up(store: &es_sqlite::SqliteStore) {
    let mut transaction = store.transaction().await.expect("nobody else writes");
    store.append_in(&mut transaction, one()).await.expect("the stream is new");
    transaction.rollback().await;
    add(store).await;
    assert_eq!(ids(store).await.len(), 4);
}
