//! Rows on their way between a handler and a store.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::cell::Cell;
use crate::cell_encoder::cells;
use crate::column::Table;
use crate::error::Cause;
use crate::projection::ProjectionError;
use crate::row_json::object;

/// What is kept with every row besides what its type says. Times are those at which the events occurred, so that a read
/// model that is built anew is the same again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowInfo {
    /// When the event occurred that wrote the row first.
    pub created_at: DateTime<Utc>,
    /// When the event occurred that changed the row last.
    pub updated_at: DateTime<Utc>,
    /// How often the row was written: 1 for one that was written once.
    pub version: u64,
    /// When the event occurred that soft-deleted the row, if it is.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl RowInfo {
    /// From a store's own columns; adapters only.
    pub const fn new(
        created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
        version: u64,
        deleted_at: Option<DateTime<Utc>>,
    ) -> Self {
        Self { created_at, updated_at, version, deleted_at }
    }
}

/// A row and what is kept with it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stored<T> {
    /// The row.
    pub row: T,
    /// What is kept with it.
    pub info: RowInfo,
}

/// A row as a store gives it; adapters only.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoundRow {
    /// A JSON object with the names of fields.
    pub json: String,
    /// What is kept with it.
    pub info: RowInfo,
}

impl FoundRow {
    /// From what a store holds.
    pub const fn new(json: String, info: RowInfo) -> Self {
        Self { json, info }
    }

    /// From what each of the table's columns holds, in their order; for stores that do not make JSON of a row themselves.
    /// A column without a cell is null.
    pub fn of_cells(table: &Table, cells: &[Cell], info: RowInfo) -> Self {
        Self::new(object(table, |at| cells.get(at)), info)
    }
}

/// A row as a store is to have it; adapters only.
///
/// A store adds a row that it lacks, with these times and the number of changes as its version. Of one that it has it
/// keeps `created_at` and adds the number of changes to its version.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RowChange {
    /// What it holds, in the order of the table's columns: what fits each of them.
    pub cells: Vec<Cell>,
    /// When the event of the first change occurred.
    pub created_at: DateTime<Utc>,
    /// When the event of the last change occurred.
    pub updated_at: DateTime<Utc>,
    /// How many changes there were.
    pub changes: u32,
    /// Since when it is soft-deleted, if it is.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl RowChange {
    /// A row that one event writes, once it is known that every store can keep it.
    ///
    /// # Errors
    /// [`ProjectionError::Row`] when one could not.
    pub fn new<T: Serialize>(
        table: &'static Table,
        row: &T,
        at: DateTime<Utc>,
    ) -> Result<Self, ProjectionError> {
        let at = crate::store::truncate_to_micros(at);
        let cells = cells(table, row).map_err(|problem| ProjectionError::Row {
            table: table.name,
            cause: Cause::new(problem),
        })?;
        Ok(Self { cells, created_at: at, updated_at: at, changes: 1, deleted_at: None })
    }
}
