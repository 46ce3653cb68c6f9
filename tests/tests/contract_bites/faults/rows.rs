//! Rows as handlers see them. What is promised is kept by what stands above the store; a store breaks it by what it does
//! to rows.

use es_core::{Cell, RowSelection, Table};

use crate::bite::{Bite, bite};
use crate::fault::Fault::{self, DeletesNothing, Found, Upsert};

pub(crate) fn a_row_that_cannot_be_read_is_not_absent() -> Vec<Bite> {
    vec![bite("no row is found by its key", NOT_FOUND, "is an error the first time, not Ok(None)")]
}

pub(crate) fn fetching_keeps_what_was_saved() -> Vec<Bite> {
    vec![
        bite("no row is found by its key", NOT_FOUND, "the row is fetched"),
        bite(
            "a row is written once",
            Upsert(|_, _, rows| rows.retain(|row| !row.cells.contains(&Cell::Integer(10)))),
            "what was saved is written",
        ),
    ]
}

pub(crate) fn a_row_is_asked_for_once() -> Vec<Bite> {
    vec![bite("no row is found by its key", NOT_FOUND, "a row that is there is found")]
}

pub(crate) fn a_batch_writes_a_table_at_once() -> Vec<Bite> {
    vec![
        bite("no row is deleted", DeletesNothing, "what was changed last is written"),
        bite("nothing is written", NOT_WRITTEN, "what was changed last is written"),
    ]
}

pub(crate) fn each_version_has_a_table_of_its_own() -> Vec<Bite> {
    /// The table of version 1, whatever is asked for.
    fn first(table: &'static Table) -> &'static Table {
        let name = table.name.trim_end_matches("_v2");
        Box::leak(Box::new(Table { name, ..*table }))
    }
    vec![bite(
        "all versions share one table",
        Fault::Table(first),
        "the second version begins without rows",
    )]
}

pub(crate) fn an_undeclared_read_model_is_refused() -> Vec<Bite> {
    vec![bite("nothing is written", NOT_WRITTEN, "what a declared read model is given is written")]
}

const NOT_FOUND: Fault = Found(|asked, found| {
    if let (RowSelection::Keys(_), Ok(rows)) = (asked, found) {
        rows.clear();
    }
});

const NOT_WRITTEN: Fault = Upsert(|_, _, rows| rows.clear());
