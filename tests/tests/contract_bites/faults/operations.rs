//! What handlers do to rows.

use es_core::{ReadModelBackend, RowChange, RowSelection, Table};

use super::{MADE_ANEW, keys_of};
use crate::bite::{Bite, bite};
use crate::broken::now;
use crate::fault::Fault::{Counted, DeletesNothing, EmptiesNothing, Found, Upsert, WritesThrough};

pub(crate) fn a_row_is_kept_with_its_times_and_version() -> Vec<Bite> {
    vec![
        bite(
            "a row is made when it was written last",
            Found(|_, found| {
                for row in found.iter_mut().flatten() {
                    row.info.created_at = row.info.updated_at;
                }
            }),
            "written by one batch",
        ),
        bite(
            "a version counts batches",
            Upsert(|_, _, rows| rows.iter_mut().for_each(|row| row.changes = 1)),
            "written by one batch",
        ),
        bite("a row that is written is made anew", MADE_ANEW, "written by later batches"),
    ]
}

pub(crate) fn a_deleted_row_is_gone() -> Vec<Bite> {
    vec![
        bite("no row is deleted", DeletesNothing, "a deleted row is not stored"),
        bite(
            "all rows are deleted with one",
            Upsert(|backend, table, _| now(backend.truncate(table)).expect("it is there")),
            "others stay",
        ),
    ]
}

pub(crate) fn a_soft_deleted_row_is_hidden_until_it_is_restored() -> Vec<Bite> {
    vec![
        bite(
            "it is forgotten that a row is hidden",
            Upsert(|_, _, rows| rows.iter_mut().for_each(|row| row.deleted_at = None)),
            "a soft-deleted row is not counted",
        ),
        bite(
            "it is not told that a row is hidden",
            Found(|_, found| {
                found.iter_mut().flatten().for_each(|row| row.info.deleted_at = None);
            }),
            "a soft-deleted row is hidden from readers",
        ),
        bite(
            "a hidden row is not given by its key",
            Found(|asked, found| {
                if let (RowSelection::Keys(_), Ok(rows)) = (asked, found) {
                    rows.retain(|row| row.info.deleted_at.is_none());
                }
            }),
            "it says since when it is hidden",
        ),
        bite(
            "hidden rows are not among all rows",
            Found(|asked, found| {
                if let (RowSelection::All, Ok(rows)) = (asked, found) {
                    rows.retain(|row| row.info.deleted_at.is_none());
                }
            }),
            "it is among all rows",
        ),
    ]
}

pub(crate) fn saving_shows_a_soft_deleted_row() -> Vec<Bite> {
    /// Whatever was hidden stays so.
    fn keeps_hidden(
        backend: &mut dyn ReadModelBackend,
        table: &'static Table,
        rows: &mut Vec<RowChange>,
    ) {
        for row in rows {
            let keys = keys_of(table, std::slice::from_ref(row));
            let there = now(backend.fetch(table, &keys)).expect("the table is there");
            let hidden = there.first().and_then(|there| there.info.deleted_at);
            row.deleted_at = row.deleted_at.or(hidden);
        }
    }
    vec![bite("a hidden row stays so", Upsert(keeps_hidden), "saved it is there again")]
}

pub(crate) fn an_update_does_not_change_the_key() -> Vec<Bite> {
    vec![bite("nothing is written", Upsert(|_, _, rows| rows.clear()), "the row is as it was")]
}

pub(crate) fn emptying_a_table_removes_all_rows() -> Vec<Bite> {
    vec![
        bite("a table is not emptied", EmptiesNothing, "no row is left"),
        bite("a table is emptied at once", WritesThrough, "readers see the rows until the commit"),
        bite("rows are counted twice", Counted(|rows| rows * 2), "what is saved afterwards stays"),
    ]
}
