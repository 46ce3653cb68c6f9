//! How values look in the file, and values that no program of ours has written.

use chrono::NaiveDate;
use es_core::prelude::*;
use es_core::{Column, RowSelection, SqlType, StoreError, Table};
use es_tests::TestFile;
use serde_json::json;

use crate::tables::{run, write};

const DECIMAL: Column = Column { sql_type: SqlType::Decimal, ..Column::of::<String>("sum") };
const COLUMNS: &[Column] = &[
    Column::of::<String>("id"),
    Column::of::<i64>("n"),
    Column::of::<f64>("part"),
    DECIMAL,
    Column::of::<bool>("open"),
    Column::of::<Uuid>("uuid"),
    Column::of::<DateTime<Utc>>("at"),
    Column::of::<NaiveDate>("day"),
    Column::json("tags", false),
];
const ALL: &Table = &Table::new("every_kind", "id", COLUMNS);

fn row(id: &str) -> serde_json::Value {
    json!({
        "id": id, "n": 1, "part": 2.0, "sum": "1.50", "open": true,
        "uuid": "0190F5A0-0000-7000-8000-00000000000A", "at": "2024-02-29T22:59:59.12-01:00",
        "day": "0001-01-02", "tags": ["x", { "y": null }],
    })
}

/// People and other programs read these tables.
#[tokio::test]
async fn values_are_written_as_people_read_them() {
    let file = TestFile::create();
    let store = file.store().await;
    store.ensure_table(ALL).await.unwrap();
    write(&store, ALL, &[row("a")]).await;
    let found: (String, String) = sqlx::query_as(
        "SELECT concat_ws('|', id, n, part, sum, open, uuid, at, day, tags),
                concat_ws('|', typeof(id), typeof(n), typeof(part), typeof(sum), typeof(open), typeof(uuid), typeof(at),
                          typeof(day), typeof(tags))
         FROM every_kind",
    )
    .fetch_one(store.pool())
    .await
    .unwrap();
    assert_eq!(
        found.0,
        r#"a|1|2.0|1.50|1|0190f5a0-0000-7000-8000-00000000000a|2024-02-29T23:59:59.120000Z|0001-01-02|["x",{"y":null}]"#
    );
    assert_eq!(found.1, "text|integer|real|text|integer|text|text|text|text");
}

/// Whatever is in a column that does not belong there is corrupt, by the names of table and column; nothing panics, and
/// nothing is taken for something else.
#[tokio::test]
async fn what_does_not_fit_a_column_is_corrupt() {
    let file = TestFile::create();
    let store = file.store().await;
    store.ensure_table(ALL).await.unwrap();
    let wrong = [
        ("id", "x'00'"),
        ("n", "'one'"),
        ("n", "1.5"),
        ("part", "'half'"),
        ("part", "9e999"),
        ("sum", "'1,50'"),
        ("sum", "''"),
        ("open", "2"),
        ("open", "'yes'"),
        ("uuid", "'a'"),
        ("uuid", "x'0190f5a0000070008000000000000001'"),
        ("at", "'yesterday'"),
        ("at", "1700000000"),
        ("day", "'2024-02-30'"),
        ("tags", "x'7b7d'"),
        ("es_created_at", "'long ago'"),
        ("es_version", "'two'"),
        ("es_deleted_at", "1"),
    ];
    for (column, value) in wrong {
        write(&store, ALL, &[row("a")]).await;
        run(&file, &format!("UPDATE every_kind SET {column} = {value}")).await.unwrap();
        match store.read_rows(ALL, RowSelection::All).await {
            Err(StoreError::Corrupt { what }) => {
                assert!(what.contains("`every_kind`"), "{column} = {value}: {what}");
                assert!(what.contains(&format!("`{column}`")), "{column} = {value}: {what}");
            }
            answer => panic!("{column} = {value}: {answer:?}"),
        }
        run(&file, "DELETE FROM every_kind").await.unwrap();
    }
}

/// Text is compared by its bytes whatever signs are in it, and decimals by value, also in a table made without our collation.
#[tokio::test]
async fn comparing_needs_no_help_of_the_table() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
    #[read_model(table = "prices")]
    struct Price {
        #[read_model(id)]
        id: String,
        price: rust_decimal::Decimal,
    }
    let file = TestFile::create();
    let store = file.store().await;
    let made = "CREATE TABLE prices (id TEXT NOT NULL PRIMARY KEY, price DECIMAL TEXT NOT NULL)";
    run(&file, made).await.unwrap();
    store.ensure_read_model::<Price>().await.unwrap();
    let rows = [("a", "9"), ("b", "10.0"), ("c", "-1"), ("d", "10.00")];
    let rows = rows.map(|(id, price)| json!({ "id": id, "price": price }));
    write(&store, Price::TABLE, &rows).await;
    let ids = async |query: RowQuery| {
        let found = store.find::<Price>(query).await.unwrap();
        found.into_iter().map(|price| price.id).collect::<String>()
    };
    assert_eq!(ids(RowQuery::all().ascending("price")).await, "cabd");
    assert_eq!(ids(Filter::ge("price", 10).into()).await, "bd");
    assert_eq!(ids(Filter::in_list("price", ["10", "9.0"]).into()).await, "abd");
    assert_eq!(ids(Filter::contains("id", "").into()).await, "abcd");
    assert_eq!(ids(Filter::starts_with("id", "A").into()).await, "");
}
