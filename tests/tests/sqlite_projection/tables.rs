//! Tables that others have made, or that were made before.

use es_core::prelude::*;
use es_core::{
    Checkpoint, Column, Position, ProjectionBatch as _, RowChange, RowSelection, SqlType,
    StoreError, Table,
};
use es_sqlite::SqliteStore;
use es_tests::TestFile;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection};

const COLUMNS: &[Column] = &[Column::of::<String>("id"), Column::of::<i64>("n")];
const SUMS: &Table = &Table::new("sums", "id", COLUMNS);

pub(crate) async fn run(file: &TestFile, sql: &str) -> Result<(), sqlx::Error> {
    let url = format!("sqlite:{}", file.path().display());
    let mut connection = SqliteConnection::connect(&url).await?;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    connection.close().await
}

pub(crate) async fn write(store: &SqliteStore, table: &'static Table, rows: &[serde_json::Value]) {
    let change = |row| RowChange::new(table, row, chrono::Utc::now()).unwrap();
    let rows: Vec<_> = rows.iter().map(change).collect();
    let name = format!("write-{}", Uuid::now_v7());
    let mut batch = store.begin(&name, 1).await.unwrap();
    batch.backend().upsert(table, &rows).await.unwrap();
    batch.commit(Checkpoint::new(Position::new(1), None)).await.unwrap();
}

#[tokio::test]
async fn a_table_of_another_make_differs() {
    let file = TestFile::create();
    let store = file.store().await;
    for (made, named) in [
        (
            "CREATE TABLE sums (id VARCHAR NOT NULL PRIMARY KEY, n INTEGER NOT NULL)",
            "`id` is VARCHAR",
        ),
        ("CREATE TABLE sums (id TEXT NOT NULL, n INTEGER NOT NULL)", "primary key"),
        (
            "CREATE TABLE sums (id TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (id, n))",
            "primary key",
        ),
        ("CREATE TABLE sums (id TEXT PRIMARY KEY, n INTEGER NOT NULL)", "`id` may be NULL"),
        ("CREATE TABLE sums (id TEXT NOT NULL PRIMARY KEY, n INTEGER)", "`n` may be NULL"),
        ("CREATE TABLE sums (id TEXT NOT NULL PRIMARY KEY, n INT NOT NULL)", "`n` is INT"),
        (
            "CREATE TABLE sums (id TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL, o TEXT NOT NULL)",
            "`o`",
        ),
    ] {
        run(&file, &format!("DROP TABLE IF EXISTS sums; {made}")).await.unwrap();
        match store.ensure_table(SUMS).await {
            Err(StoreError::TableDiffers { table: "sums", difference }) => {
                assert!(difference.contains(named), "{made}: {difference}");
            }
            answer => panic!("{made}: {answer:?}"),
        }
    }
}

/// Columns of ours are added to a table that a program has made itself, also where there are rows; columns that fill
/// themselves in are left alone.
#[tokio::test]
async fn a_table_with_rows_is_given_our_columns() {
    let file = TestFile::create();
    let store = file.store().await;
    let made = "CREATE TABLE sums (
            id text NOT NULL PRIMARY KEY, n integer NOT NULL, colour TEXT NOT NULL DEFAULT 'red',
            twice INTEGER NOT NULL GENERATED ALWAYS AS (n * 2) STORED);
        INSERT INTO sums (id, n) VALUES ('a', 1)";
    run(&file, made).await.unwrap();
    let before = chrono::Utc::now() - chrono::Duration::seconds(1);
    for _ in 0..2 {
        store.ensure_table(SUMS).await.unwrap();
    }
    run(&file, "INSERT INTO sums (id, n) VALUES ('b', 2)").await.unwrap();
    write(&store, SUMS, &[serde_json::json!({ "id": "a", "n": 3 })]).await;
    let found = store.read_rows(SUMS, RowSelection::All).await.unwrap();
    let rows: Vec<_> = found.iter().map(|row| (row.json.as_str(), row.info.version)).collect();
    assert_eq!(rows, [(r#"{"id":"a","n":3}"#, 2), (r#"{"id":"b","n":2}"#, 1)]);
    assert!(found.iter().all(|row| row.info.created_at > before && row.info.deleted_at.is_none()));
    let kept: Vec<(String, i64)> = sqlx::query_as("SELECT colour, twice FROM sums ORDER BY id")
        .fetch_all(store.pool())
        .await
        .unwrap();
    assert_eq!(kept, [("red".to_owned(), 6), ("red".to_owned(), 4)]);
}

/// What a program inserts itself has times as ours are written.
#[tokio::test]
async fn rows_of_other_writers_have_our_columns() {
    let file = TestFile::create();
    let store = file.store().await;
    store.ensure_table(SUMS).await.unwrap();
    let before = chrono::Utc::now() - chrono::Duration::seconds(1);
    run(&file, "INSERT INTO sums (id, n) VALUES ('a', 1)").await.unwrap();
    let found = store.read_rows(SUMS, RowSelection::All).await.unwrap();
    let info = found[0].info;
    assert!(info.created_at > before && info.created_at <= chrono::Utc::now(), "{info:?}");
    assert_eq!((info.updated_at, info.version), (info.created_at, 1));
    let text: String =
        sqlx::query_scalar("SELECT es_created_at FROM sums").fetch_one(store.pool()).await.unwrap();
    assert_eq!((text.len(), text.chars().last()), ("2026-01-01T00:00:00.000000Z".len(), Some('Z')));
}

/// A whole number as key is an ordinary column: nothing is made up for it.
#[tokio::test]
async fn a_number_as_key_is_no_row_number() {
    const TABLE: &Table = &Table::new("numbers", "id", &[Column::of::<i64>("id")]);
    let file = TestFile::create();
    let store = file.store().await;
    store.ensure_table(TABLE).await.unwrap();
    run(&file, "INSERT INTO numbers (id) VALUES (NULL)").await.unwrap_err();
    run(&file, "INSERT INTO numbers (id) VALUES (7)").await.unwrap();
    for key in [i64::MIN, -1, 0, i64::MAX] {
        write(&store, TABLE, &[serde_json::json!({ "id": key })]).await;
        let keys = [key.to_string(), "7".to_owned(), "seven".to_owned()];
        let found = store.read_rows(TABLE, RowSelection::Keys(&keys)).await.unwrap();
        assert_eq!(found.len(), 2, "{key} is found by its text");
    }
}

/// As many rows as one statement takes, and some more; and rows that are so wide that a statement takes few of them.
#[tokio::test]
async fn many_rows_and_wide_ones_are_written() {
    let store = SqliteStore::in_memory().await.unwrap();
    for (columns, rows) in [(1, 1), (1, 64), (1, 64 + 64 + 8 + 8 + 1 + 1), (600, 70)] {
        let name: &'static str = format!("wide_{columns}_{rows}").leak();
        let column = |n: i64| Column::of::<i64>(format!("c{n}").leak());
        let columns: &'static [Column] = (0..columns).map(column).collect::<Vec<_>>().leak();
        let table: &'static Table = Box::leak(Box::new(Table::new(name, "c0", columns)));
        store.ensure_table(table).await.unwrap();
        let row = |n: i64| {
            let row = columns.iter().zip(0_i64..).map(|(column, at)| (column.name, n * 1000 + at));
            serde_json::to_value(row.collect::<std::collections::BTreeMap<_, _>>()).unwrap()
        };
        let all: Vec<_> = (0..rows).map(row).collect();
        write(&store, table, &all).await;
        let found = store.read_rows(table, RowSelection::All).await.unwrap();
        let found: Vec<serde_json::Value> =
            found.iter().map(|row| serde_json::from_str(&row.json).unwrap()).collect();
        assert!(found == all, "{} columns, {rows} rows", columns.len());
    }
}

/// A write that fails in part keeps the batch from being committed, whether or not its handler looks at it.
#[tokio::test]
async fn a_failed_write_that_was_overlooked_cannot_be_committed() {
    let file = TestFile::create();
    let store = file.store().await;
    store.ensure_table(SUMS).await.unwrap();
    let row = |cells: Vec<es_core::Cell>| {
        let row = serde_json::json!({ "id": "a", "n": 1 });
        let mut row = RowChange::new(SUMS, &row, chrono::Utc::now()).unwrap();
        row.cells = cells;
        [row]
    };
    let mut batch = store.begin("overlooked", 1).await.unwrap();
    batch.backend().upsert(SUMS, &row(vec!["a".into(), 1.into()])).await.unwrap();
    let bad = row(vec!["b".into(), es_core::Cell::Null]);
    batch.backend().upsert(SUMS, &bad).await.unwrap_err();
    batch.commit(Checkpoint::new(Position::new(1), None)).await.unwrap_err();
    assert_eq!(store.read_rows(SUMS, RowSelection::All).await.unwrap(), []);
    assert_eq!(store.begin("overlooked", 1).await.unwrap().checkpoint(), Checkpoint::default());
}

/// What the program's own constraints refuse is refused by the commit, all of it.
#[tokio::test]
async fn what_a_constraint_of_the_program_refuses_is_not_committed() {
    let file = TestFile::create();
    let store = file.store().await;
    store.ensure_table(SUMS).await.unwrap();
    run(&file, "CREATE UNIQUE INDEX sums_n ON sums (n)").await.unwrap();
    let row = |id: &str| {
        let row = serde_json::json!({ "id": id, "n": 1 });
        RowChange::new(SUMS, &row, chrono::Utc::now()).unwrap()
    };
    let mut batch = store.begin("unique", 1).await.unwrap();
    batch.backend().upsert(SUMS, &[row("a"), row("b")]).await.unwrap();
    let refused = batch.commit(Checkpoint::new(Position::new(1), None)).await;
    assert!(matches!(refused, Err(StoreError::Other(_))), "{refused:?}");
    assert_eq!(store.read_rows(SUMS, RowSelection::All).await.unwrap(), []);
    store
        .append(es_tests::log::entry(&es_tests::log::stream(), ExpectedVersion::NoStream, 1))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_checkpoint_of_another_log_is_refused() {
    let file = TestFile::create();
    let store = file.store().await;
    store.begin("sums", 1).await.unwrap().commit(Checkpoint::default()).await.unwrap();
    run(&file, "UPDATE es_store SET store_id = randomblob(16)").await.unwrap();
    match store.begin("sums", 1).await {
        Err(StoreError::ForeignCheckpoint { projection, .. }) => {
            assert_eq!(projection.name, "sums");
        }
        answer => panic!("{answer:?}"),
    }
    assert_eq!(store.begin("others", 1).await.unwrap().checkpoint(), Checkpoint::default());
}

/// The statement for a read model's table is the one that makes it.
#[tokio::test]
async fn a_table_made_beforehand_fits() {
    #[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
    #[read_model(table = "all_kinds")]
    struct AllKinds {
        #[read_model(id)]
        id: Uuid,
        sum: rust_decimal::Decimal,
        at: Option<DateTime<Utc>>,
        #[read_model(json)]
        tags: Vec<String>,
    }
    assert_eq!(AllKinds::TABLE.columns[1].sql_type, SqlType::Decimal);
    let file = TestFile::create();
    let store = file.store().await;
    // As a program of one's own may connect.
    let options = SqliteConnectOptions::new().filename(file.path());
    let options = options.collation("es_decimal", es_core::compare_decimals);
    let mut connection = options.connect().await.unwrap();
    let made = es_sqlite::create_table::<AllKinds>();
    sqlx::raw_sql(AssertSqlSafe(made)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    store.ensure_read_model::<AllKinds>().await.unwrap();
}
