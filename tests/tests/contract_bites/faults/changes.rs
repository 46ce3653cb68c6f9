//! Read models whose type has changed.

use es_core::{Column, FoundRow, MemoryStore, ProjectionStore as _, StoreError, Table};

use super::MADE_ANEW;
use super::tables::{is_content, makes_anew};
use crate::bite::{Bite, bite};
use crate::broken::now;
use crate::fault::Fault::{self, Ensure, EnsureAlone, Found, Written};

pub(crate) fn a_renamed_field_keeps_its_column() -> Vec<Bite> {
    /// As if no field had another name than its column.
    fn by_column(table: &'static Table) -> &'static Table {
        let columns = table.columns.iter().map(|column| Column { field: column.name, ..*column });
        let columns = Vec::leak(columns.collect());
        Box::leak(Box::new(Table { columns, ..*table }))
    }
    /// As if each column had its field's name; its key is the first.
    fn by_field(table: &'static Table) -> &'static Table {
        let columns = table.columns.iter().map(|column| Column { name: column.field, ..*column });
        let columns = Vec::leak(columns.collect());
        Box::leak(Box::new(Table { columns, key: columns[0].name, ..*table }))
    }
    vec![
        bite("rows have the names of columns", Fault::Table(by_column), "rows come back by field"),
        bite("columns have the names of fields", Fault::Table(by_field), "cannot be made"),
    ]
}

pub(crate) fn a_column_that_may_be_empty_is_added() -> Vec<Bite> {
    vec![
        bite(
            "a table that is changed is made anew",
            Ensure(makes_anew),
            "the rows of the table stay",
        ),
        bite("a table is never changed", Ensure(never_changes), "rows cannot be read"),
    ]
}

pub(crate) fn a_column_that_must_be_filled_in_is_added_without_rows_only() -> Vec<Bite> {
    /// Adds what it can before it looks at the rest.
    fn adds_by_and_by(store: &MemoryStore, table: &'static Table) -> Result<(), StoreError> {
        let made = now(store.ensure_table(table));
        if made.is_err() {
            let easy = |column: &&Column| column.nullable || column.name != "open";
            let columns = Vec::leak(table.columns.iter().filter(easy).copied().collect());
            now(store.ensure_table(Box::leak(Box::new(Table { columns, ..*table }))))?;
        }
        made
    }
    vec![
        bite(
            "a table with rows is not changed, and not refused",
            Ensure(is_content),
            "the table must be refused with `TableDiffers`",
        ),
        bite(
            "columns are added one by one until one is refused",
            Ensure(adds_by_and_by),
            "reading must fail with `TableDiffers`",
        ),
        bite("a table is never changed", Ensure(never_changes), "rows cannot be written"),
    ]
}

pub(crate) fn an_older_program_runs_beside_a_newer_one() -> Vec<Bite> {
    vec![bite(
        "a row that is written is made anew",
        MADE_ANEW,
        "a column that the writer does not know is kept",
    )]
}

pub(crate) fn a_batch_reads_the_columns_that_its_writer_does_not_know() -> Vec<Bite> {
    vec![bite("a row that is written is made anew", MADE_ANEW, "the row has all columns")]
}

pub(crate) fn a_column_that_nobody_fills_in_is_refused() -> Vec<Bite> {
    vec![bite(
        "a table with more columns is good enough",
        Ensure(is_content),
        "the table must be refused with `TableDiffers`",
    )]
}

pub(crate) fn a_row_without_a_column_that_must_be_filled_in_is_refused() -> Vec<Bite> {
    vec![bite(
        "rows that lack a column are lost",
        Written(|done| *done = Ok(())),
        "must be refused: Ok(())",
    )]
}

pub(crate) fn many_may_change_a_table_at_once() -> Vec<Bite> {
    vec![bite("one may make a table at a time", EnsureAlone, "cannot be made: Unavailable")]
}

pub(crate) fn a_missing_column_is_named() -> Vec<Bite> {
    vec![
        bite(
            "a table without a column is empty",
            Found(|_, found: &mut Result<Vec<FoundRow>, _>| {
                if matches!(found, Err(StoreError::TableDiffers { .. })) {
                    *found = Ok(Vec::new());
                }
            }),
            "reading must fail with `TableDiffers`",
        ),
        bite(
            "rows with a column too many are lost",
            Written(|done| *done = Ok(())),
            "writing: Ok(())",
        ),
    ]
}

/// A table that is there is good enough, and left alone.
fn never_changes(store: &MemoryStore, table: &'static Table) -> Result<(), StoreError> {
    use es_core::RowSelection::Keys;
    let there = now(store.read_rows(table, Keys(&[])));
    match there {
        Err(StoreError::MissingTable { .. }) => now(store.ensure_table(table)),
        _ => Ok(()),
    }
}
