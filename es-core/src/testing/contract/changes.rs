//! Read models whose type has changed since their table was made: columns are added, and nothing else is changed.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::support::unique;
use super::tables::{changes, made, parse, rows, write};
use crate::column::{Column, Table};
use crate::error::StoreError;
use crate::projection_store::{ProjectionBatch as _, ProjectionStore};
use crate::read_model::RowSelection;

const ID: Column = Column::of::<String>("id");
const N: Column = Column::of::<i64>("n");
const NOTE: Column = Column::of::<Option<String>>("note");
const TAGS: Column = Column::json("tags", true);
const OPEN: Column = Column::of::<bool>("open");
const LIST: Column = Column::json("list", false);

/// Columns that may be empty are added to a table; its rows stay, and are empty there.
pub async fn a_column_that_may_be_empty_is_added<S: ProjectionStore>(store: &S) {
    let [old, new] = tables([&[ID, N], &[ID, TAGS, N, NOTE]]);
    made(store, old).await;
    write(store, old, &[json!({ "id": "a", "n": 1 })]).await;
    for _ in 0..2 {
        made(store, new).await;
        let wanted = [json!({ "id": "a", "n": 1, "note": null, "tags": null })];
        assert_eq!(rows(store, new).await, wanted, "the rows of the table stay");
    }
    let full = [json!({ "id": "a", "n": 2, "note": "x", "tags": ["y"] })];
    write(store, new, &full).await;
    assert_eq!(rows(store, new).await, full, "what is written to the new columns comes back");
}

/// Columns that must be filled in are added to a table without rows. To one with rows nothing is added, and the error
/// names the columns.
pub async fn a_column_that_must_be_filled_in_is_added_without_rows_only<S: ProjectionStore>(
    store: &S,
) {
    let [empty, new] = tables([&[ID], &[ID, OPEN, LIST]]);
    made(store, empty).await;
    made(store, new).await;
    let full = [json!({ "id": "a", "open": true, "list": [1] })];
    write(store, new, &full).await;
    assert_eq!(rows(store, new).await, full, "columns are added to a table without rows");

    let [old, new, between] = tables([&[ID, N], &[ID, N, NOTE, OPEN], &[ID, N, NOTE]]);
    made(store, old).await;
    write(store, old, &[json!({ "id": "a", "n": 1 })]).await;
    let difference = differs(store, new).await;
    assert!(difference.contains("`open`"), "the error names the column: {difference}");
    assert!(!difference.contains("`note`"), "and only that: {difference}");
    assert!(difference.contains("`Option`"), "and says what to do: {difference}");
    assert_eq!(rows(store, old).await, [json!({ "id": "a", "n": 1 })], "the row stays");
    lacks(store, between, "note").await;
}

/// A program that does not know a column which may be empty runs on; the rows that it writes keep what the column holds.
pub async fn an_older_program_runs_beside_a_newer_one<S: ProjectionStore>(store: &S) {
    let [old, new] = tables([&[ID, N], &[ID, N, NOTE]]);
    made(store, new).await;
    write(store, new, &[json!({ "id": "a", "n": 1, "note": "x" })]).await;
    made(store, old).await;
    assert_eq!(rows(store, old).await, [json!({ "id": "a", "n": 1 })], "it reads what it knows");
    write(store, old, &[json!({ "id": "a", "n": 2 }), json!({ "id": "b", "n": 3 })]).await;
    let wanted =
        [json!({ "id": "a", "n": 2, "note": "x" }), json!({ "id": "b", "n": 3, "note": null })];
    assert_eq!(rows(store, new).await, wanted, "a column that the writer does not know is kept");
}

/// Within a batch too a row has the columns that its writer does not know: what they hold, or null when the row is new.
pub async fn a_batch_reads_the_columns_that_its_writer_does_not_know<S: ProjectionStore>(
    store: &S,
) {
    let [old, new] = tables([&[ID, N], &[ID, N, NOTE]]);
    made(store, new).await;
    write(store, new, &[json!({ "id": "a", "n": 1, "note": "x" })]).await;
    let mut batch = store.begin(&unique("unknown"), 1).await.expect("a batch can be opened");
    for (key, note) in [("a", json!("x")), ("b", Value::Null)] {
        let row = changes(old, &[json!({ "id": key, "n": 2 })]);
        batch.backend().upsert(old, &row).await.expect("the row fits");
        let found = batch.backend().fetch(new, &[key.to_owned()]).await.expect("readable");
        let found: Vec<Value> = found.iter().map(|row| parse(&row.json)).collect();
        assert_eq!(found, [json!({ "id": key, "n": 2, "note": note })], "the row has all columns");
    }
}

/// A table with a column that must be filled in is refused to a program that does not know the column.
pub async fn a_column_that_nobody_fills_in_is_refused<S: ProjectionStore>(store: &S) {
    let [old, new] = tables([&[ID], &[ID, N]]);
    made(store, new).await;
    let difference = differs(store, old).await;
    assert!(difference.contains("`n`"), "the error names the column: {difference}");
}

/// When such a column is added while an older program runs, the rows that this one writes are refused: they would have
/// nothing there.
pub async fn a_row_without_a_column_that_must_be_filled_in_is_refused<S: ProjectionStore>(
    store: &S,
) {
    let [old, new] = tables([&[ID], &[ID, N]]);
    made(store, old).await;
    made(store, new).await;
    for there in [vec![], vec![json!({ "id": "a", "n": 1 })]] {
        write(store, new, &there).await;
        let mut batch = store.begin(&unique("unfilled"), 1).await.expect("a batch can be opened");
        let row = changes(old, &[json!({ "id": "a" })]);
        let written = batch.backend().upsert(old, &row).await;
        assert!(matches!(written, Err(StoreError::Other(_))), "must be refused: {written:?}");
        drop(batch);
        assert_eq!(rows(store, new).await, there, "a refused row changes nothing");
    }
}

/// Many may make and change a table at once, each to its own type.
pub async fn many_may_change_a_table_at_once<S: ProjectionStore>(store: &S) {
    for _ in 0..5 {
        let all: [&[Column]; 8] = [
            &[ID],
            &[ID, NOTE],
            &[ID, TAGS],
            &[ID, TAGS, NOTE],
            &[ID, NOTE],
            &[NOTE, TAGS, ID],
            &[ID],
            &[TAGS, ID],
        ];
        let all = tables(all);
        join_all(all.map(|table| made(store, table))).await;
        let full = [json!({ "id": "a", "note": "x", "tags": [1] })];
        write(store, all[3], &full).await;
        assert_eq!(rows(store, all[5]).await, full, "all columns are there");
    }
}

/// Reading or writing a column that was never added is an error that names it.
pub async fn a_missing_column_is_named<S: ProjectionStore>(store: &S) {
    let [old, new] = tables([&[ID], &[ID, NOTE]]);
    made(store, old).await;
    lacks(store, new, "note").await;
    let mut batch = store.begin(&unique("lacks"), 1).await.expect("a batch can be opened");
    let row = changes(new, &[json!({ "id": "a", "note": "x" })]);
    let written = batch.backend().upsert(new, &row).await;
    assert!(matches!(written, Err(StoreError::TableDiffers { .. })), "writing: {written:?}");
}

/// One table as several programs know it, keyed by `id`, under a name that no other test uses.
fn tables<const N: usize>(each: [&'static [Column]; N]) -> [&'static Table; N] {
    let name: &'static str = Box::leak(unique("t").into_boxed_str());
    each.map(|columns| &*Box::leak(Box::new(Table::new(name, "id", columns))))
}

async fn lacks<S: ProjectionStore>(store: &S, table: &'static Table, column: &str) {
    match store.read_rows(table, RowSelection::All).await {
        Err(StoreError::TableDiffers { table: named, difference }) => {
            assert_eq!(named, table.name, "the error names the table");
            assert!(difference.contains(&format!("`{column}`")), "and the column: {difference}");
        }
        answer => panic!("reading must fail with `TableDiffers`, not {answer:?}"),
    }
}

async fn differs<S: ProjectionStore>(store: &S, table: &'static Table) -> String {
    match store.ensure_table(table).await {
        Err(StoreError::TableDiffers { table: named, difference }) => {
            assert_eq!(named, table.name, "the error names the table");
            difference
        }
        answer => panic!("the table must be refused with `TableDiffers`, not {answer:?}"),
    }
}

/// A column's name is its own: it may be another than its field's, which may change.
pub async fn a_renamed_field_keeps_its_column<S: ProjectionStore>(store: &S) {
    const OLD: &[Column] = &[ID, N.named("note"), NOTE.named("n")];
    const NEW: &[Column] = &[
        Column::of::<String>("größe").named("id"),
        Column::of::<i64>("id").named("note"),
        Column::of::<Option<String>>("the_note").named("n"),
    ];
    let [old, new] = tables([OLD, NEW]);
    made(store, old).await;
    let row = |id: &str, n: i64| json!({ "id": id, "n": n, "note": "x" });
    write(store, old, &[row("b", 1), row("a", 2)]).await;
    assert_eq!(rows(store, old).await, [row("a", 2), row("b", 1)], "rows come back by field");
    made(store, new).await;
    let renamed = |id: &str, n: i64| json!({ "größe": id, "id": n, "the_note": "x" });
    let wanted = [renamed("a", 2), renamed("b", 1)];
    assert_eq!(rows(store, new).await, wanted, "a renamed field keeps its column");
    write(store, new, &[renamed("b", 3)]).await;
    let keys = ["b".to_owned()];
    let found = store.read_rows(old, RowSelection::Keys(&keys)).await.expect("readable");
    let found: Vec<Value> = found.iter().map(|row| parse(&row.json)).collect();
    assert_eq!(found, [row("b", 3)], "rows are found by their key's column");
}
