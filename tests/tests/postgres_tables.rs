//! Tables of read models on PostgreSQL: who may make and change them, and what others may have done to them.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use es_core::{
    Column, ProjectionBatch as _, ProjectionStore as _, ReadModel, ReadModelQuery as _, RowChange,
    RowSelection, StoreError, Table,
};
use es_postgres::{PgStore, create_table};
use es_tests::TestDatabase;
use serde::{Deserialize, Serialize};
use xtask::pg::Cluster;

const ID: Column = Column::of::<String>("id");
const N: Column = Column::of::<Option<i64>>("n");

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sum {
    id: String,
    n: Option<i64>,
}

impl ReadModel for Sum {
    type Key = String;
    const TABLE: &'static Table = &Table::new("sums", "id", &[ID, N]);
    fn key(&self) -> String {
        self.id.clone()
    }
}

fn written(id: &str, n: i64) -> RowChange {
    let row = Sum { id: id.to_owned(), n: Some(n) };
    RowChange::new(Sum::TABLE, &row, chrono::Utc::now()).unwrap()
}

async fn run(store: &PgStore, sql: &'static str) {
    sqlx::raw_sql(sql).execute(store.pool()).await.unwrap();
}

async fn denied(store: &PgStore, table: &'static Table) -> String {
    match store.ensure_table(table).await {
        Err(StoreError::TableDenied { table: "sums", statement, cause }) => {
            assert!(cause.to_string().contains("42501"), "{cause}");
            statement
        }
        answer => panic!("{answer:?}"),
    }
}

/// On a server of its own: roles belong to a whole server.
#[tokio::test]
async fn a_role_that_may_not_change_tables_is_told_what_to_run() {
    const MORE: &Table = &Table::new(
        "sums",
        "id",
        const { &[ID, N, Column::json("tags", true), Column::of::<Option<String>>("note")] },
    );
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(&[])).await.unwrap().unwrap();
    let owner = PgStore::connect(cluster.url()).await.unwrap();
    run(&owner, "CREATE ROLE program LOGIN").await;
    let url = cluster.url().replace("//postgres@", "//program@");
    let store = PgStore::connect(&url).await.unwrap();

    let statement = denied(&store, Sum::TABLE).await;
    assert_eq!(statement, create_table::<Sum>(), "what is run is what is offered as text");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(owner.pool()).await.unwrap();
    store.ensure_read_model::<Sum>().await.unwrap();

    let statement = denied(&store, MORE).await;
    assert_eq!(
        statement,
        r#"ALTER TABLE "sums" ADD COLUMN "tags" jsonb, ADD COLUMN "note" text COLLATE "C""#
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(owner.pool()).await.unwrap();
    store.ensure_table(MORE).await.unwrap();
    store.ensure_read_model::<Sum>().await.unwrap();
}

#[tokio::test]
async fn the_table_made_is_the_one_offered_as_text() {
    let [made, by_text] = [TestDatabase::create().await, TestDatabase::create().await];
    let made = made.store().await;
    made.ensure_read_model::<Sum>().await.unwrap();
    let by_text = by_text.store().await;
    let text = sqlx::AssertSqlSafe(create_table::<Sum>());
    sqlx::raw_sql(text).execute(by_text.pool()).await.unwrap();
    by_text.ensure_read_model::<Sum>().await.unwrap();
    let mut shapes = Vec::new();
    for store in [made, by_text] {
        let columns = "SELECT column_name::text, data_type::text, is_nullable::text, collation_name::text \
                       FROM information_schema.columns WHERE table_name = 'sums' ORDER BY ordinal_position";
        let columns: Vec<(String, String, String, Option<String>)> =
            sqlx::query_as(columns).fetch_all(store.pool()).await.unwrap();
        shapes.push(columns);
    }
    assert_eq!(shapes[0].len(), 6);
    assert_eq!(shapes[0], shapes[1]);
}

#[tokio::test]
async fn columns_that_others_fill_in_are_left_alone() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    store.ensure_read_model::<Sum>().await.unwrap();
    run(
        &store,
        "ALTER TABLE sums ADD COLUMN made timestamptz NOT NULL DEFAULT now(), \
         ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY, \
         ADD COLUMN twice bigint GENERATED ALWAYS AS (n * 2) STORED, ADD COLUMN remark text",
    )
    .await;
    store.ensure_read_model::<Sum>().await.unwrap();
    let mut batch = store.begin("sums", 1).await.unwrap();
    let row = [written("a", 4)];
    batch.backend().upsert(Sum::TABLE, &row).await.unwrap();
    batch.commit(es_core::Checkpoint::default()).await.unwrap();
    let twice: i64 =
        sqlx::query_scalar("SELECT twice FROM sums").fetch_one(store.pool()).await.unwrap();
    assert_eq!(twice, 8);
    assert_eq!(store.rows::<Sum>().await.unwrap(), [Sum { id: "a".into(), n: Some(4) }]);

    run(&store, "ALTER TABLE sums ADD COLUMN needed bigint NOT NULL DEFAULT 0").await;
    run(&store, "ALTER TABLE sums ALTER COLUMN needed DROP DEFAULT").await;
    match store.ensure_read_model::<Sum>().await {
        Err(StoreError::TableDiffers { difference, .. }) => {
            assert!(difference.contains("`needed`"), "{difference}");
        }
        answer => panic!("{answer:?}"),
    }
}

/// A program that finds everything in order waits for nobody.
#[tokio::test]
async fn nothing_to_do_takes_no_lock() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    store.ensure_read_model::<Sum>().await.unwrap();
    let mut transaction = store.transaction().await.unwrap();
    let locks = concat!(include_str!("../../es-postgres/src/sql/table_lock.sql"), ";");
    sqlx::raw_sql(locks).execute(&mut *transaction).await.unwrap();
    sqlx::raw_sql("LOCK TABLE sums").execute(&mut *transaction).await.unwrap();
    let ensured = store.ensure_read_model::<Sum>();
    tokio::time::timeout(std::time::Duration::from_secs(10), ensured).await.unwrap().unwrap();
}

/// A statement that a connection has prepared goes on working when the table gets more columns.
#[tokio::test]
async fn a_connection_that_knows_the_table_goes_on() {
    const MORE: &Table =
        &Table::new("sums", "id", const { &[Column::of::<Option<bool>>("open"), ID, N] });
    let database = TestDatabase::create().await;
    let store = database.store().await;
    store.ensure_read_model::<Sum>().await.unwrap();
    let mut batch = store.begin("first", 1).await.unwrap();
    let row = [written("a", 4)];
    batch.backend().upsert(Sum::TABLE, &row).await.unwrap();
    batch.commit(es_core::Checkpoint::default()).await.unwrap();
    store.rows::<Sum>().await.unwrap();
    database.store().await.ensure_table(MORE).await.unwrap();
    store.rows::<Sum>().await.unwrap();
    let mut batch = store.begin("second", 1).await.unwrap();
    batch.backend().upsert(Sum::TABLE, &row).await.unwrap();
    batch.commit(es_core::Checkpoint::default()).await.unwrap();
    let rows = store.read_rows(MORE, RowSelection::All).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].json, r#"{"open":null,"id":"a","n":4}"#);
    assert_eq!(rows[0].info.version, 2);
}
