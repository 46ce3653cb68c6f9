//! Reading the log of PostgreSQL: never beyond what is settled.

use es_core::ExpectedVersion::NoStream;
use es_core::{EventStore as _, LogQuery, StreamQuery};
use es_tests::TestDatabase;
use es_tests::log::{entry, stream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::Connection as _;

#[tokio::test]
async fn an_event_behind_an_open_transaction_waits_for_it() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    store.append(entry(&stream(), NoStream, 1)).await.unwrap();
    let mut connection = database.connect().await;
    let mut transaction = connection.begin().await.unwrap();
    let (slow, fast) = (entry(&stream(), NoStream, 2), entry(&stream(), NoStream, 2));
    store.append_in(&mut transaction, slow.clone()).await.unwrap();
    store.append(fast.clone()).await.unwrap();

    let names: [&str; 1] = ["noted"];
    for query in [LogQuery::default(), LogQuery::default().names(&names)] {
        let page = store.read_log(query, 10).await.unwrap();
        let positions = (page.events.len(), page.through.get());
        assert_eq!(positions, (1, 1), "2 and 3 are still on their way, so 4 is not given");
        let all: Vec<_> = store.stream_log(query).try_collect().await.unwrap();
        assert_eq!(all, page.events);
    }
    transaction.commit().await.unwrap();
    for query in [LogQuery::default(), LogQuery::default().names(&names)] {
        let page = store.read_log(query, 10).await.unwrap();
        let ids: Vec<_> = page.events.iter().skip(1).map(|event| event.id).collect();
        let wanted: Vec<_> = slow.events.iter().chain(&fast.events).map(|e| e.id).collect();
        assert_eq!((ids, page.through.get()), (wanted, 5));
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_half_way_leaves_a_usable_store() {
    let database = TestDatabase::create().await;
    let store = database
        .store_with(es_postgres::PgConfig::new().max_connections(1).subscription_connections(0))
        .await;
    let stream = stream();
    store.append(entry(&stream, NoStream, 3000)).await.unwrap();
    for _ in 0..3 {
        let first = store.read_stream(&stream, StreamQuery::ALL).next().await.unwrap().unwrap();
        assert_eq!(first.version.get(), 1);
        let first = store.stream_log(LogQuery::default()).next().await.unwrap().unwrap();
        assert_eq!(first.position.get(), 1);
    }
    let all: Vec<_> = store.read_stream(&stream, StreamQuery::ALL).try_collect().await.unwrap();
    assert_eq!(all.len(), 3000);
}
