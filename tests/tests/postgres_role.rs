//! A program whose role may do only what the README of es-postgres lists.

use es_core::ExpectedVersion::{Any, NoStream};
use es_core::{Checkpoint, EventStore as _, LogQuery, ProjectionBatch as _, ProjectionStore as _};
use es_postgres::PgStore;
use es_tests::log::{entry, read, stream};
use sqlx::{Connection as _, PgConnection};
use xtask::pg::Cluster;

const ROLE: &str = "
    CREATE ROLE program LOGIN;
    GRANT USAGE ON SCHEMA es TO program;
    GRANT SELECT ON ALL TABLES IN SCHEMA es TO program;
    GRANT INSERT ON es.events, es.streams, es.checkpoints TO program;
    GRANT UPDATE ON es.streams, es.checkpoints TO program;
";

/// On a server of its own: roles belong to a whole server.
#[tokio::test]
async fn few_rights_are_enough() {
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(&[])).await.unwrap().unwrap();
    let owner = PgStore::connect(cluster.url()).await.unwrap();
    owner.migrate().await.unwrap();
    sqlx::raw_sql(ROLE).execute(owner.pool()).await.unwrap();
    let url = cluster.url().replace("//postgres@", "//program@");

    let store = PgStore::connect(&url).await.unwrap();
    let stream = stream();
    store.append(entry(&stream, NoStream, 2)).await.unwrap();
    let many =
        store.append_many(vec![entry(&stream, Any, 1), entry(&es_tests::log::stream(), Any, 1)]);
    for outcome in many.await {
        outcome.unwrap();
    }
    assert_eq!(read(&store, &stream).await.len(), 3);
    assert_eq!(store.read_log(LogQuery::default(), 10).await.unwrap().events.len(), 4);
    let position = store.settled().await.unwrap();
    let batch = store.begin("few-rights", 1).await.unwrap();
    batch.commit(Checkpoint::new(position, None)).await.unwrap();

    let mut connection = PgConnection::connect(&url).await.unwrap();
    for change in
        ["UPDATE es.events SET type = 'x'", "DELETE FROM es.events", "CREATE TABLE es.x ()"]
    {
        let refused = sqlx::raw_sql(change).execute(&mut connection).await.expect_err(change);
        assert!(refused.to_string().contains("permission denied"), "{change}: {refused}");
    }
}
