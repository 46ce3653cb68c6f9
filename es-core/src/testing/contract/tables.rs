//! Read models: their tables and rows.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::unique;
use crate::checkpoint::Checkpoint;
use crate::column::{Column, SqlType, Table};
use crate::error::StoreError;
use crate::projection_store::{ProjectionBatch as _, ProjectionStore};
use crate::read_model::RowSelection;
use crate::row::{FoundRow, RowChange};
use crate::version::Position;

/// Making a table that is there changes nothing and keeps its rows.
pub async fn making_a_table_twice_is_making_it_once<S: ProjectionStore>(store: &S) {
    let table = counts();
    made(store, table).await;
    write(store, table, &[count("a", 1)]).await;
    made(store, table).await;
    assert_eq!(rows(store, table).await, [count("a", 1)], "making a table twice keeps its rows");
}

/// A table of that name with other columns is refused, by its name, and stays as it is.
pub async fn a_table_of_another_shape_is_refused<S: ProjectionStore>(store: &S) {
    const KEY: Column = Column::of::<String>("id");
    const N: Column = Column::of::<i64>("n");
    const OTHER_TYPE: &[Column] = &[KEY, Column::of::<String>("n")];
    const OTHER_KEY_TYPE: &[Column] = &[Column::of::<Uuid>("id"), N];
    const LESS: &[Column] = &[KEY];
    const OTHER_NAME: &[Column] = &[KEY, Column::of::<i64>("m")];
    const NULLABLE: &[Column] = &[KEY, Column::of::<Option<i64>>("n")];
    let table = counts();
    made(store, table).await;
    write(store, table, &[count("a", 1)]).await;
    let shapes = [
        ("another type", "id", OTHER_TYPE),
        ("another type of key", "id", OTHER_KEY_TYPE),
        ("one column less", "id", LESS),
        ("a column of another name", "id", OTHER_NAME),
        ("a column that may be empty", "id", NULLABLE),
        ("another key", "n", table.columns),
    ];
    for (what, key, columns) in shapes {
        let other: &'static Table = Box::leak(Box::new(Table::new(table.name, key, columns)));
        match store.ensure_table(other).await {
            Err(StoreError::TableDiffers { table: named, difference }) => {
                assert_eq!(named, table.name, "the error names the table");
                assert!(!difference.is_empty(), "the error names the difference");
            }
            answer => panic!("{what} must be refused with `TableDiffers`, not {answer:?}"),
        }
    }
    made(store, table).await;
    assert_eq!(rows(store, table).await, [count("a", 1)], "a refused shape changes nothing");
}

/// Reading or writing a table that was never made is an error that names it.
pub async fn a_missing_table_is_named<S: ProjectionStore>(store: &S) {
    let table = counts();
    let assert_missing = |what: &str, answer: Result<(), StoreError>| match answer {
        Err(StoreError::MissingTable { table: named }) => {
            assert_eq!(named, table.name, "{what}: the error names the table");
        }
        answer => panic!("{what} must fail with `MissingTable`, not {answer:?}"),
    };
    let keys = ["a".to_owned()];
    let all = store.read_rows(table, RowSelection::All).await;
    assert_missing("reading all rows", all.map(drop));
    let some = store.read_rows(table, RowSelection::Keys(&keys)).await;
    assert_missing("reading rows by key", some.map(drop));
    let mut batch = store.begin(&unique("missing"), 1).await.expect("a batch can be opened");
    assert_missing("fetching", batch.backend().fetch(table, &keys).await.map(drop));
    drop(batch);
    let mut batch = store.begin(&unique("missing"), 1).await.expect("a batch can be opened");
    let row = changes(table, &[count("a", 1)]);
    assert_missing("writing", batch.backend().upsert(table, &row).await);
}

/// Writing a row with a key that is there replaces it, in a later batch and within one.
pub async fn writing_a_row_replaces_it<S: ProjectionStore>(store: &S) {
    let table = counts();
    made(store, table).await;
    write(store, table, &[count("a", 1), count("b", 2)]).await;
    write(store, table, &[count("b", 3), count("c", 4)]).await;
    let wanted = [count("a", 1), count("b", 3), count("c", 4)];
    assert_eq!(rows(store, table).await, wanted, "a later batch replaces rows");

    let name = unique("twice");
    let mut batch = store.begin(&name, 1).await.expect("a batch can be opened");
    for n in [10, 11] {
        let row = changes(table, &[count("a", n)]);
        batch.backend().upsert(table, &row).await.expect("the row fits");
    }
    batch.commit(at(1)).await.expect("nobody else moves the checkpoint");
    let wanted = [count("a", 11), count("b", 3), count("c", 4)];
    assert_eq!(rows(store, table).await, wanted, "of two writes in a batch the later one stays");
}

/// A batch reads what is committed, and what it has written itself.
pub async fn a_batch_reads_its_own_rows<S: ProjectionStore>(store: &S) {
    let table = counts();
    made(store, table).await;
    write(store, table, &[count("a", 1), count("b", 2)]).await;
    let mut batch = store.begin(&unique("own"), 1).await.expect("a batch can be opened");
    let keys = ["a", "b", "c"].map(str::to_owned);
    let found = sorted(&batch.backend().fetch(table, &keys).await.expect("readable"));
    assert_eq!(found, [count("a", 1), count("b", 2)], "a batch reads what is committed");
    let changed = changes(table, &[count("b", 20), count("c", 30)]);
    batch.backend().upsert(table, &changed).await.expect("the rows fit");
    let found = sorted(&batch.backend().fetch(table, &keys).await.expect("readable"));
    assert_eq!(
        found,
        [count("a", 1), count("b", 20), count("c", 30)],
        "a batch reads its own rows"
    );
}

/// A batch writes, fetches and removes as many rows at once as its handlers have changed.
pub async fn many_rows_are_written_and_read_at_once<S: ProjectionStore>(store: &S) {
    let table = counts();
    made(store, table).await;
    let keys: Vec<_> = (0..40_000).map(|n| format!("{n:05}")).collect();
    let all: Vec<_> = keys.iter().zip(0..12_000).map(|(key, n)| count(key, n)).collect();
    write(store, table, &all).await;
    assert!(rows(store, table).await == all, "all rows are written");
    let found = store.read_rows(table, RowSelection::Keys(&keys)).await.expect("readable");
    assert_eq!(found.len(), all.len(), "all rows are found by their keys");
    let mut batch = store.begin(&unique("many"), 1).await.expect("a batch can be opened");
    let found = batch.backend().fetch(table, &keys).await.expect("readable");
    assert_eq!(found.len(), all.len(), "all rows are found by their keys in a batch");
    batch.backend().delete(table, &keys[1..all.len()]).await.expect("rows can be removed");
    batch.commit(at(1)).await.expect("nobody else moves the checkpoint");
    assert_eq!(rows(store, table).await, all[..1], "all but one are removed");
}

/// Keys without a row are left out, and no keys give no rows, inside and outside a batch.
pub async fn absent_keys_are_left_out<S: ProjectionStore>(store: &S) {
    let table = counts();
    made(store, table).await;
    write(store, table, &[count("a", 1), count("b", 2), count("", 3)]).await;
    let cases: [(&[&str], &[Value]); 4] = [
        (&[], &[]),
        (&["x", "A", "a "], &[]),
        (&["b", "x", "a"], &[count("a", 1), count("b", 2)]),
        (&[""], &[count("", 3)]),
    ];
    for (keys, wanted) in cases {
        let keys: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
        let outside = store.read_rows(table, RowSelection::Keys(&keys)).await.expect("readable");
        assert_eq!(sorted(&outside), wanted, "read outside a batch: {keys:?}");
        let mut batch = store.begin(&unique("absent"), 1).await.expect("a batch can be opened");
        let inside = batch.backend().fetch(table, &keys).await.expect("readable");
        assert_eq!(sorted(&inside), wanted, "fetched in a batch: {keys:?}");
    }
}

/// All rows come by rising key: numbers as numbers, text by its bytes, UUIDs by their bytes.
pub async fn rows_come_by_rising_key<S: ProjectionStore>(store: &S) {
    let texts =
        ["", " ", "10", "2", "A", "B", "_", "a", "a b", "aa", "b", "z", "Ä", "ß", "é", "日", "🦀"];
    let numbers = [i64::MIN, -10, -2, 0, 2, 10, 9_007_199_254_740_993, i64::MAX];
    let uuids = [0, 1, 1 << 64, u128::MAX / 2, u128::MAX].map(Uuid::from_u128);
    let cases: [(Column, Vec<Value>); 3] = [
        (Column::of::<String>("id"), texts.map(Value::from).to_vec()),
        (Column::of::<i64>("id"), numbers.map(Value::from).to_vec()),
        (Column::of::<Uuid>("id"), uuids.map(|id| json!(id)).to_vec()),
    ];
    for (key, rising) in cases {
        let columns: &'static [Column] = Box::leak(Box::new([key]));
        let table = table(columns);
        made(store, table).await;
        let mut mixed: Vec<_> = rising.iter().map(|id| json!({ "id": id })).collect();
        let half = mixed.len() / 2;
        mixed.rotate_left(half);
        mixed.swap(0, half);
        write(store, table, &mixed).await;
        let found: Vec<_> = rows(store, table).await.iter().map(|row| row["id"].clone()).collect();
        assert_eq!(found, rising, "rows come by rising key ({:?})", key.sql_type);
    }
}

/// A value of every type of column comes back equal, at its extremes, and so does its absence.
pub async fn every_type_of_column_comes_back<S: ProjectionStore>(store: &S) {
    const DECIMAL: Column =
        Column { sql_type: SqlType::Decimal, ..Column::of::<Option<String>>("decimal") };
    const COLUMNS: &[Column] = &[
        Column::of::<i64>("id"),
        Column::of::<Option<String>>("text"),
        Column::of::<Option<i64>>("integer"),
        Column::of::<Option<f64>>("real"),
        DECIMAL,
        Column::of::<Option<bool>>("boolean"),
        Column::of::<Option<Uuid>>("uuid"),
        Column::of::<Option<DateTime<Utc>>>("timestamp"),
        Column::of::<Option<NaiveDate>>("date"),
    ];
    let time = |text: &str| text.parse::<DateTime<Utc>>().ok();
    let day = |text: &str| text.parse::<NaiveDate>().ok();
    let full = |id: i64, text: &str, real: f64, decimal: &str| AllTypes {
        id,
        text: Some(text.to_owned()),
        integer: Some(id),
        real: Some(real),
        decimal: Some(decimal.to_owned()),
        boolean: Some(id > 0),
        uuid: Some(Uuid::from_u128(id.unsigned_abs().into())),
        timestamp: time("2024-02-29T23:59:59.123456Z"),
        date: day("2024-02-29"),
    };
    let all = [
        full(i64::MIN, "", f64::MIN, "-79228162514264337593543950335"),
        AllTypes {
            timestamp: time("1969-12-31T23:59:59.999999Z"),
            ..full(-1, "null", -0.1, "1.10")
        },
        AllTypes { id: 0, ..AllTypes::default() },
        AllTypes { date: day("1899-12-31"), ..full(1, " $1 '\"\\\n\t,{}()NULL", 1e-300, "0.00") },
        AllTypes {
            timestamp: time("2000-01-01T00:00:00Z"),
            ..full(2, "Größe 🦀 e\u{301}", 0.1, "-3.5")
        },
        full(i64::MAX, "\\N", f64::MAX, "0.0000000000000000000000000001"),
    ];
    let table = table(COLUMNS);
    made(store, table).await;
    let written: Vec<_> = all.iter().map(|row| json!(row)).collect();
    write(store, table, &written).await;
    let found = store.read_rows(table, RowSelection::All).await.expect("readable");
    let found: Vec<AllTypes> = found.iter().map(|row| parse(&row.json)).collect();
    assert_eq!(found, all, "every type of column comes back");

    let empty: Vec<_> =
        all.iter().map(|row| AllTypes { id: row.id, ..AllTypes::default() }).collect();
    let written: Vec<_> = empty.iter().map(|row| json!(row)).collect();
    write(store, table, &written).await;
    let found = store.read_rows(table, RowSelection::All).await.expect("readable");
    let found: Vec<AllTypes> = found.iter().map(|row| parse(&row.json)).collect();
    assert_eq!(found, empty, "a value can be replaced by its absence");
}

/// Whatever serde makes of a value comes back from a JSON column; its null too, where the column may not be empty.
pub async fn json_comes_back<S: ProjectionStore>(store: &S) {
    const COLUMNS: &[Column] =
        &[Column::of::<i64>("id"), Column::json("json", false), Column::json("maybe", true)];
    let nested =
        json!({ "unit": "U", "tuple": { "T": [1, "two", null] }, "": { "a.b": [[], {}] } });
    let numbers = json!([0, -1, 0.1, 1.5e300, 5e-324, i64::MIN, u64::MAX, f64::MAX]);
    let values = [
        nested,
        numbers,
        json!("\"'\\ \n\t Größe 🦀 $1"),
        json!(true),
        json!(0),
        json!({}),
        json!([]),
        Value::Null,
    ];
    let table = table(COLUMNS);
    made(store, table).await;
    let rows_of = |values: &[Value]| -> Vec<Value> {
        let row = |(id, value): (i64, &Value)| json!({ "id": id, "json": value, "maybe": value });
        (0..).zip(values).map(row).collect()
    };
    let mut rotated = values.clone();
    rotated.rotate_left(1);
    for values in [values, rotated] {
        let all = rows_of(&values);
        write(store, table, &all).await;
        assert_eq!(rows(store, table).await, all, "what serde writes comes back");
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct AllTypes {
    id: i64,
    text: Option<String>,
    integer: Option<i64>,
    real: Option<f64>,
    decimal: Option<String>,
    boolean: Option<bool>,
    uuid: Option<Uuid>,
    timestamp: Option<DateTime<Utc>>,
    date: Option<NaiveDate>,
}

/// A table of these columns, keyed by `id`, under a name that no other test uses.
fn table(columns: &'static [Column]) -> &'static Table {
    let name: &'static str = Box::leak(unique("t").into_boxed_str());
    Box::leak(Box::new(Table::new(name, "id", columns)))
}

/// A table of counts by name.
pub(super) fn counts() -> &'static Table {
    table(const { &[Column::of::<String>("id"), Column::of::<i64>("n")] })
}

pub(super) fn count(id: &str, n: i64) -> Value {
    json!({ "id": id, "n": n })
}

/// A checkpoint that no event stands at.
pub(super) const fn at(position: u64) -> Checkpoint {
    Checkpoint::new(Position::new(position), None)
}

pub(super) async fn made<S: ProjectionStore>(store: &S, table: &'static Table) {
    let made = store.ensure_table(table).await;
    made.unwrap_or_else(|error| panic!("table `{}` cannot be made: {error:?}", table.name));
}

/// Writes rows in a batch of their own.
pub(super) async fn write<S: ProjectionStore>(store: &S, table: &'static Table, rows: &[Value]) {
    let rows = changes(table, rows);
    let mut batch = store.begin(&unique("write"), 1).await.expect("a batch can be opened");
    let written = batch.backend().upsert(table, &rows).await;
    written.unwrap_or_else(|error| panic!("rows cannot be written: {error:?}: {rows:?}"));
    let committed = batch.commit(at(1)).await;
    committed.unwrap_or_else(|error| panic!("a batch cannot be committed: {error:?}"));
}

/// All rows, as a reader outside any batch sees them.
pub(super) async fn rows<S: ProjectionStore>(store: &S, table: &'static Table) -> Vec<Value> {
    let found = store.read_rows(table, RowSelection::All).await;
    let found = found.unwrap_or_else(|error| panic!("rows cannot be read: {error:?}"));
    found.iter().map(|row| parse(&row.json)).collect()
}

/// Rows as a batch writes them.
pub(super) fn changes(table: &'static Table, rows: &[Value]) -> Vec<RowChange> {
    let change = |row| RowChange::new(table, row, time(0));
    let changes = rows.iter().map(change).collect::<Result<_, _>>();
    changes.unwrap_or_else(|error| panic!("the suite's rows fit: {error:?}: {rows:?}"))
}

/// A moment, some seconds after others.
pub(super) fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 123_456_000).expect("a moment of our time")
}

fn sorted(rows: &[FoundRow]) -> Vec<Value> {
    let mut rows: Vec<Value> = rows.iter().map(|row| parse(&row.json)).collect();
    rows.sort_by_key(|row| row["id"].as_str().map(str::to_owned));
    rows
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(row: &str) -> T {
    serde_json::from_str(row)
        .unwrap_or_else(|e| panic!("a row is not what was written: {e}: {row}"))
}
