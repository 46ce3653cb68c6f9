//! A program whose role may do only what the README of es-postgres lists.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use es_core::ExpectedVersion::{Any, NoStream};
use es_core::{
    Checkpoint, DeadLetter, EventId, EventStore as _, LeaseRequest, LetterSelection, LetterState,
    LogQuery, Position, ProjectionBatch as _, ProjectionPart, ProjectionStore as _,
    SubscriptionStore as _,
};
use es_postgres::PgStore;
use es_tests::log::{entry, read, stream};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;
use xtask::pg::Cluster;

const ROLE: &str = "
    CREATE ROLE program LOGIN;
    GRANT USAGE ON SCHEMA es TO program;
    GRANT SELECT ON ALL TABLES IN SCHEMA es TO program;
    GRANT INSERT ON es.events, es.streams TO program;
    GRANT UPDATE ON es.streams TO program;
    GRANT INSERT, UPDATE ON es.serving TO program;
    GRANT INSERT, UPDATE, DELETE ON es.checkpoints, es.workers, es.dead_letters, es.snapshots TO program;
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

    subscriptions(&store).await;

    let mut connection = PgConnection::connect(&url).await.unwrap();
    for change in
        ["UPDATE es.events SET type = 'x'", "DELETE FROM es.events", "CREATE TABLE es.x ()"]
    {
        let refused = sqlx::raw_sql(change).execute(&mut connection).await.expect_err(change);
        assert!(refused.to_string().contains("permission denied"), "{change}: {refused}");
    }
}

/// Everything that runs a subscription, but for making and changing tables.
async fn subscriptions(store: &PgStore) {
    let (owner, minute) = (Uuid::now_v7(), std::time::Duration::from_mins(1));
    let request = LeaseRequest::new("few-rights", 1, 1, owner, minute);
    let lease = store.lease(request).await.unwrap().held[0];
    let part = ProjectionPart::whole("few-rights", 1);
    store.note_attempt(&part, lease.epoch, Position::new(9)).await.unwrap();
    store.forget_attempts(&part, lease.epoch).await.unwrap();
    let mut batch = store.begin("few-rights", 1).await.unwrap();
    let (event, stream, now) = (EventId::new(), Uuid::now_v7(), chrono::Utc::now());
    let letter = DeadLetter::new(Position::new(1), event, stream, LetterState::Failed, now);
    batch.bury(&letter).await.unwrap();
    let checkpoint = batch.checkpoint();
    batch.commit(checkpoint).await.unwrap();
    assert_eq!(store.retry_letters("few-rights", 1, LetterSelection::Open).await.unwrap(), 1);
    let discarded = store.discard_letters("few-rights", 1, LetterSelection::Open, "seen").await;
    assert_eq!(discarded.unwrap(), 1);
    store.release("few-rights", 1, lease).await.unwrap();
    store.leave("few-rights", 1, owner).await.unwrap();
    let reset = store.begin_reset("few-rights", 1, 2, Checkpoint::default()).await.unwrap();
    reset.commit(Checkpoint::default()).await.unwrap();
    store.promote("few-rights", 2, &[]).await.unwrap();
    assert_eq!(store.count_log(LogQuery::default()).await.unwrap(), 4);
    assert_eq!(store.hole().await.unwrap(), None);
}
