//! Holes, lost connections and open transactions.

use std::time::Duration;

use es_core::ExpectedVersion::{Any, NoStream};
use es_core::{EventStore as _, MemoryStore, StreamAppend, TransferError, transfer};
use es_postgres::{PgConfig, PgStore};
use es_tests::TestDatabase;
use es_tests::proxy::{Cut, behind_proxy};
use sqlx::{Postgres, Transaction};

use crate::support::{
    append, assert_copied, copy, event, fill, finish, import, imported, log, stream,
};

/// An append whose transaction is open: it has drawn a position.
async fn open_append(store: &PgStore) -> Transaction<'static, Postgres> {
    let mut transaction = store.transaction().await.unwrap();
    let append = StreamAppend::new(stream("open"), NoStream, vec![event("open", 1, "{}")]);
    store.append_in(&mut transaction, append).await.unwrap();
    transaction
}

#[tokio::test(flavor = "multi_thread")]
async fn holes_are_not_copied() {
    let database = TestDatabase::create().await;
    let (from, to) = (database.store().await, MemoryStore::new());
    open_append(&from).await.rollback().await.unwrap();
    let source = fill(&from).await;
    open_append(&from).await.rollback().await.unwrap();
    append(&from, &source[0].stream, Any, event("last", 1, "{}")).await.unwrap();
    let positions: Vec<_> = log(&from).await.iter().map(|event| event.position.get()).collect();
    let holes = positions.windows(2).filter(|two| two[1] > two[0] + 1).count();
    assert!(positions[0] > 1 && holes == 7, "{positions:?}");
    let done = transfer(&from, &to).chunk(4).await.unwrap();
    assert_eq!((done.source.get(), done.target.get()), (positions[15], 16));
    assert_copied(&from, &to).await;
}

/// For good: the store cannot learn what became of its commit, and says so. Another one goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_lost_in_the_middle_costs_another_call() {
    for (cut, stored) in [(Cut::ForGoodAfterCommit, 8), (Cut::BeforeCommit, 4)] {
        let (from, database) = (MemoryStore::new(), TestDatabase::create().await);
        fill(&from).await;
        let config = PgConfig::new().outcome_timeout(Duration::from_secs(1));
        let (to, proxy) = behind_proxy(&database, config).await;
        let cut_in_the_second = |so_far: es_core::BulkProgress| {
            if so_far.events == 4 {
                proxy.cut_next(cut);
            }
        };
        let broken = transfer(&from, &to).chunk(4).progress(cut_in_the_second).await;
        let error = broken.unwrap_err();
        assert_eq!(proxy.cuts(), 1);
        let unknown = matches!(error, TransferError::OutcomeUnknown { .. });
        assert_eq!(unknown, stored == 8, "{error:?}");
        assert!(error.is_transient(), "{error:?}");
        let unharmed = database.store().await;
        assert_eq!(finish(&from, &unharmed).await.copied, 15 - stored);
        assert_copied(&from, &unharmed).await;
    }
}

/// A program that has just begun does not know how far its log was settled before. Beside an open transaction it gives less
/// of it for a while.
#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_others_write_to_is_waited_for() {
    let (database, to) = (TestDatabase::create().await, MemoryStore::new());
    let from = database.store().await;
    fill(&from).await;
    assert_eq!(copy(&from, &to).await.unwrap(), (15, 0));
    let open = open_append(&from).await;
    let begun = database.store().await;
    let error = copy(&begun, &to).await.unwrap_err();
    assert!(matches!(error, TransferError::Unsettled { store: "source", .. }), "{error:?}");
    open.rollback().await.unwrap();
    assert_eq!(copy(&begun, &to).await.unwrap(), (0, 15));
}

/// The same of the target: what is there already is not taken for a conflict.
#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_others_write_to_is_waited_for() {
    let (from, database) = (MemoryStore::new(), TestDatabase::create().await);
    let source = fill(&from).await;
    let to = database.store().await;
    import(&to, imported(&source[..6])).await;
    open_append(&to).await.rollback().await.unwrap();
    import(&to, imported(&source[6..10])).await;
    let open = open_append(&to).await;
    let begun = database.store().await;
    let error = copy(&from, &begun).await.unwrap_err();
    assert!(matches!(error, TransferError::Unsettled { store: "target", .. }), "{error:?}");
    assert!(error.is_transient());
    open.rollback().await.unwrap();
    assert_eq!(copy(&from, &begun).await.unwrap(), (5, 10));
    assert_copied(&from, &begun).await;
}

/// What is copied behind a position that somebody has drawn cannot be read, and so not compared, before that one has ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_behind_an_open_transaction_is_compared_later() {
    let (from, database) = (MemoryStore::new(), TestDatabase::create().await);
    fill(&from).await;
    let to = database.store().await;
    let open = open_append(&to).await;
    let error = copy(&from, &to).await.unwrap_err();
    assert!(matches!(error, TransferError::Unsettled { store: "target", .. }), "{error:?}");
    open.rollback().await.unwrap();
    assert_eq!(copy(&from, &to).await.unwrap(), (0, 15));
    assert_eq!(to.settled().await.unwrap(), log(&to).await[14].position);

    let database = TestDatabase::create().await;
    let to = database.store().await;
    let open = open_append(&to).await;
    copy(&from, &to).await.unwrap_err();
    open.commit().await.unwrap();
    let error = copy(&from, &to).await.unwrap_err();
    assert!(matches!(&error, TransferError::Differs(found) if found.same == 0), "{error:?}");
}
