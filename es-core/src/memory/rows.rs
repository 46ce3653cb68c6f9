//! Read-model tables in memory.

use std::collections::{BTreeMap, HashMap};

use crate::cell::Cell;
use crate::column::{Column, SqlType, Table};
use crate::error::{Cause, StoreError};
use crate::filter::Condition;
use crate::read_model::RowSelection;
use crate::row::{FoundRow, RowChange, RowInfo};
use crate::row_json::object;
use crate::row_query::ResolvedQuery;
use crate::shape::FoundColumn;

#[derive(Default)]
pub(super) struct Tables {
    pub(super) tables: HashMap<String, Stored>,
    /// Which table is seen under another name.
    pub(super) views: HashMap<String, String>,
}

/// A table and its rows.
pub(super) struct Stored {
    key: &'static str,
    columns: Vec<Column>,
    pub(super) rows: BTreeMap<Key, Row>,
}

impl Stored {
    fn found(&self) -> Vec<FoundColumn> {
        let found = |column: &Column| FoundColumn {
            name: column.name.to_owned(),
            sql_type: words(column.sql_type).to_owned(),
            nullable: column.nullable,
            key: column.name == self.key,
            default: column.is_bookkeeping(),
        };
        self.columns.iter().map(found).collect()
    }
}

fn words(sql_type: SqlType) -> &'static str {
    match sql_type {
        SqlType::Text => "text",
        SqlType::Integer => "an integer",
        SqlType::Real => "a floating-point number",
        SqlType::Decimal => "a decimal number",
        SqlType::Boolean => "a boolean",
        SqlType::Uuid => "a UUID",
        SqlType::Timestamp => "a timestamp",
        SqlType::Date => "a date",
        SqlType::Json => "JSON",
    }
}

/// A row by the names of its columns: what a column holds stays when its field is renamed.
type Cells = BTreeMap<&'static str, Cell>;

/// A row and what is kept with it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    cells: Cells,
    info: RowInfo,
}

impl Row {
    /// What was added to the table later is null in older rows.
    fn found(&self, table: &Table) -> FoundRow {
        FoundRow::new(object(table, |at| self.cells.get(table.columns[at].name)), self.info)
    }

    /// The row with our own columns among its cells, for a query.
    fn all_cells(&self) -> Cells {
        let RowInfo { created_at, updated_at, version, deleted_at, .. } = self.info;
        let own = [created_at.into(), updated_at.into(), version.into(), deleted_at.into()];
        let own = Table::BOOKKEEPING.iter().map(|column| column.name).zip(own);
        self.cells.clone().into_iter().chain(own).collect()
    }
}

/// Numbers sort as numbers, everything else as bytes: as a database sorts them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Number(i64),
    Text(String),
}

impl Key {
    pub(super) fn of_text(table: &Table, text: &str) -> Self {
        let number = match table.key_column().sql_type {
            SqlType::Integer => text.parse().ok(),
            _ => None,
        };
        number.map_or_else(|| Self::Text(text.to_owned()), Self::Number)
    }

    fn of_cells(table: &Table, cells: &Cells) -> Option<Self> {
        match cells.get(table.key)? {
            Cell::Integer(number) => Some(Self::Number(*number)),
            Cell::Text(text) => Some(Self::Text(text.clone())),
            Cell::Uuid(id) => Some(Self::Text(id.to_string())),
            _ => None,
        }
    }
}

fn refused(table: &Table, what: &str) -> StoreError {
    StoreError::Other(Cause::new(format!("a row for `{}` {what}", table.name)))
}

impl Tables {
    pub(super) fn ensure(&mut self, table: &'static Table) -> Result<(), StoreError> {
        let Some(there) = self.table_mut(table.name) else {
            let columns = table.all_columns().copied().collect();
            let (key, rows) = (table.key, BTreeMap::new());
            self.tables.insert(table.name.to_owned(), Stored { key, columns, rows });
            return Ok(());
        };
        let missing = table.missing_from(&there.found(), words)?;
        if !there.rows.is_empty() && missing.iter().any(|column| column.is_needed()) {
            return Err(table.has_rows_without(&missing));
        }
        there.columns.extend(missing.into_iter().copied());
        Ok(())
    }

    pub(super) fn read(
        &self,
        table: &'static Table,
        select: RowSelection<'_>,
    ) -> Result<Vec<FoundRow>, StoreError> {
        Ok(read(table, self.rows(table)?, select))
    }

    pub(super) fn count(
        &self,
        table: &'static Table,
        query: &ResolvedQuery,
    ) -> Result<u64, StoreError> {
        Ok(count(self.rows(table)?, query))
    }

    pub(super) fn table_mut(&mut self, name: &str) -> Option<&mut Stored> {
        let name = self.real_name(name).to_owned();
        self.tables.get_mut(&name)
    }

    pub(super) fn real_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.views.get(name).map_or(name, String::as_str)
    }

    pub(super) fn rows(&self, table: &'static Table) -> Result<&BTreeMap<Key, Row>, StoreError> {
        self.stored(table).map(|there| &there.rows)
    }

    /// Whether rows with these columns can be written: what must be filled in, a writer has to know.
    pub(super) fn check_writer(&self, table: &'static Table) -> Result<(), StoreError> {
        let columns = &self.stored(table)?.columns;
        let mut needed = columns.iter().filter(|column| column.is_needed());
        match needed.find(|column| !has(table.columns, column)) {
            None => Ok(()),
            Some(column) => Err(refused(table, &format!("has no `{}`", column.name))),
        }
    }

    pub(super) fn stored(&self, table: &'static Table) -> Result<&Stored, StoreError> {
        let there = self.tables.get(self.real_name(table.name));
        let there = there.ok_or(StoreError::MissingTable { table: table.name })?;
        match table.columns.iter().find(|column| !has(&there.columns, column)) {
            None => Ok(there),
            Some(column) => Err(table.lacks(column.name)),
        }
    }
}

fn has(columns: &[Column], wanted: &Column) -> bool {
    columns.iter().any(|column| column.name == wanted.name)
}

pub(super) fn read(
    table: &'static Table,
    rows: &BTreeMap<Key, Row>,
    select: RowSelection<'_>,
) -> Vec<FoundRow> {
    let found: Vec<&Row> = match select {
        RowSelection::All => rows.values().collect(),
        RowSelection::Keys(keys) => {
            keys.iter().filter_map(|key| rows.get(&Key::of_text(table, key))).collect()
        }
        RowSelection::Query(query) => find(rows, query),
    };
    found.into_iter().map(|row| row.found(table)).collect()
}

pub(super) fn count(rows: &BTreeMap<Key, Row>, query: &ResolvedQuery) -> u64 {
    rows.values().filter(|row| holds(&query.condition, &row.all_cells())).count() as u64
}

fn find<'a>(rows: &'a BTreeMap<Key, Row>, query: &ResolvedQuery) -> Vec<&'a Row> {
    let matching = rows.values().map(|row| (row.all_cells(), row));
    let mut found: Vec<_> = matching.filter(|(cells, _)| holds(&query.condition, cells)).collect();
    found.sort_by(|(a, _), (b, _)| {
        query.compare(&|column| cell(a, column), &|column| cell(b, column))
    });
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let limit = query.limit.map_or(usize::MAX, number);
    found.into_iter().map(|(_, row)| row).skip(number(query.offset)).take(limit).collect()
}

fn holds(condition: &Condition, cells: &Cells) -> bool {
    condition.holds(&|column| cell(cells, column))
}

fn cell<'a>(cells: &'a Cells, column: &Column) -> &'a Cell {
    cells.get(column.name).unwrap_or(&Cell::Null)
}

/// That every column has a cell, and one that may not be empty is not.
fn check(table: &Table, cells: &[Cell]) -> Result<(), StoreError> {
    if cells.len() != table.columns.len() {
        return Err(refused(table, "has not one cell for each column"));
    }
    let mut pairs = table.columns.iter().zip(cells);
    match pairs.find(|(column, cell)| !column.nullable && **cell == Cell::Null) {
        None => Ok(()),
        Some((column, _)) => Err(refused(table, &format!("has no `{}`", column.name))),
    }
}

/// What a batch is to make of one table.
#[derive(Debug, Default)]
pub(super) struct Staged {
    /// All rows that are committed go.
    emptied: bool,
    rows: BTreeMap<Key, StagedRow>,
}

/// What a batch is to make of one row.
#[derive(Debug, Default)]
struct StagedRow {
    /// The row that is committed goes, also when another one takes its place.
    removed: bool,
    new: Option<(Cells, RowChange)>,
}

impl StagedRow {
    /// The row that there is in the end. Columns that the writer does not know keep what they hold.
    fn over(&self, committed: Option<&Row>) -> Option<Row> {
        let committed = committed.filter(|_| !self.removed);
        let Some((cells, change)) = &self.new else { return committed.cloned() };
        let (created_at, version) =
            committed.map_or((change.created_at, 0), |row| (row.info.created_at, row.info.version));
        let version = version + u64::from(change.changes);
        let info = RowInfo::new(created_at, change.updated_at, version, change.deleted_at);
        let mut all = committed.map_or_else(Cells::new, |row| row.cells.clone());
        all.extend(cells.clone());
        Some(Row { cells: all, info })
    }
}

impl Staged {
    /// Everything is checked here rather than at the commit, where nothing may fail half way.
    pub(super) fn upsert(
        &mut self,
        tables: &Tables,
        table: &'static Table,
        rows: &[RowChange],
    ) -> Result<(), StoreError> {
        tables.check_writer(table)?;
        for change in rows {
            check(table, &change.cells)?;
            let names = table.columns.iter().map(|column| column.name);
            let cells: Cells = names.zip(change.cells.iter().cloned()).collect();
            let key = Key::of_cells(table, &cells).ok_or_else(|| refused(table, "has no key"))?;
            let staged = self.rows.entry(key).or_default();
            staged.new = Some(match staged.new.take() {
                None => (cells, change.clone()),
                Some((mut all, first)) => {
                    all.extend(cells);
                    let changes = first.changes + change.changes;
                    (all, RowChange { created_at: first.created_at, changes, ..change.clone() })
                }
            });
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, table: &'static Table, keys: &[String]) {
        let removed = || StagedRow { removed: true, new: None };
        self.rows.extend(keys.iter().map(|key| (Key::of_text(table, key), removed())));
    }

    pub(super) fn truncate(&mut self) {
        *self = Self { emptied: true, rows: BTreeMap::new() };
    }

    /// What the rows are with this over what is committed.
    pub(super) fn over(&self, committed: &BTreeMap<Key, Row>) -> BTreeMap<Key, Row> {
        let mut rows = if self.emptied { BTreeMap::new() } else { committed.clone() };
        self.change(&mut rows);
        rows
    }

    /// Those of these rows that there are with this over what is committed, for who does not ask for all.
    pub(super) fn these(
        &self,
        table: &'static Table,
        committed: &BTreeMap<Key, Row>,
        keys: &[String],
    ) -> Vec<FoundRow> {
        let row = |key: &String| {
            let key = Key::of_text(table, key);
            let committed = committed.get(&key).filter(|_| !self.emptied);
            match self.rows.get(&key) {
                Some(staged) => staged.over(committed),
                None => committed.cloned(),
            }
        };
        keys.iter().filter_map(row).map(|row| row.found(table)).collect()
    }

    /// Makes it so.
    pub(super) fn apply(&self, rows: &mut BTreeMap<Key, Row>) {
        if self.emptied {
            rows.clear();
        }
        self.change(rows);
    }

    fn change(&self, rows: &mut BTreeMap<Key, Row>) {
        for (key, staged) in &self.rows {
            match staged.over(rows.get(key)) {
                Some(row) => rows.insert(key.clone(), row),
                None => rows.remove(key),
            };
        }
    }
}
