//! Rows that wait in memory for the commit of a batch: seen by their own handlers, by nobody else.
//!
//! SQLite lets one transaction write at a time. A batch that had one open while its handlers run would keep everybody from
//! appending, so it has none before its commit.

use std::collections::{BTreeMap, HashMap};

use es_core::{Cell, Column, Condition, ResolvedQuery, RowChange, RowSelection, StoreError, Table};
use sqlx::SqliteConnection;

use crate::table::{self, Row};

/// What a batch is to make of its tables, in the order in which it came to them.
#[derive(Debug, Default)]
pub(crate) struct Staged(Vec<StagedTable>);

/// What a batch is to make of one table.
#[derive(Debug)]
pub(crate) struct StagedTable {
    table: &'static Table,
    /// All rows that are committed go.
    emptied: bool,
    rows: BTreeMap<String, StagedRow>,
}

/// What a batch is to make of one row.
#[derive(Debug, Default)]
struct StagedRow {
    /// The row that is committed goes, also when another one takes its place.
    removed: bool,
    /// One after the other. There is one, unless programs of several ages write the table: those know other columns.
    changes: Vec<(&'static Table, RowChange)>,
}

impl Staged {
    /// What is staged of a table, if anything is.
    pub(crate) fn of(&self, table: &Table) -> Option<&StagedTable> {
        self.0.iter().find(|staged| staged.table.name == table.name)
    }

    fn of_mut(&mut self, table: &'static Table) -> &mut StagedTable {
        let found = self.0.iter().position(|staged| staged.table.name == table.name);
        let at = found.unwrap_or_else(|| {
            self.0.push(StagedTable { table, emptied: false, rows: BTreeMap::new() });
            self.0.len() - 1
        });
        &mut self.0[at]
    }

    pub(crate) fn upsert(
        &mut self,
        table: &'static Table,
        rows: &[RowChange],
    ) -> Result<(), StoreError> {
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            table::check_cells(table, row)?;
            keys.push(table::key(table, &row.cells)?);
        }
        let staged = self.of_mut(table);
        for (key, row) in keys.into_iter().zip(rows) {
            let changes = &mut staged.rows.entry(key).or_default().changes;
            let mut row = row.clone();
            if let Some((_, before)) = changes.pop_if(|(before, _)| before.columns == table.columns)
            {
                row.created_at = before.created_at;
                row.changes = row.changes.saturating_add(before.changes);
            }
            changes.push((table, row));
        }
        Ok(())
    }

    pub(crate) fn delete(&mut self, table: &'static Table, keys: &[String]) {
        let removed = || StagedRow { removed: true, changes: Vec::new() };
        self.of_mut(table).rows.extend(keys.iter().map(|key| (key.clone(), removed())));
    }

    pub(crate) fn truncate(&mut self, table: &'static Table) {
        let staged = self.of_mut(table);
        staged.emptied = true;
        staged.rows.clear();
    }

    /// Makes it so.
    pub(crate) async fn apply(self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        for staged in self.0 {
            staged.apply(connection).await?;
        }
        Ok(())
    }
}

impl StagedTable {
    async fn apply(self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let Self { table, emptied, rows } = self;
        if emptied {
            table::truncate(connection, table).await?;
        }
        let removed = rows.iter().filter(|(_, row)| row.removed && !emptied);
        let removed: Vec<_> = removed.map(|(key, _)| key.clone()).collect();
        if !removed.is_empty() {
            table::delete(connection, table, &removed).await?;
        }
        for nth in 0.. {
            let changes = rows.values().filter_map(|row| row.changes.get(nth));
            let changes: Vec<_> = changes.collect();
            if changes.is_empty() {
                break;
            }
            for alike in changes.chunk_by(|(one, _), (other, _)| one.columns == other.columns) {
                let rows: Vec<_> = alike.iter().map(|(_, row)| row).collect();
                table::write(connection, alike[0].0, &rows).await?;
            }
        }
        Ok(())
    }

    /// The rows with these keys as the batch sees them.
    pub(crate) async fn fetch(
        &self,
        reader: &mut SqliteConnection,
        table: &'static Table,
        keys: &[String],
    ) -> Result<Vec<Row>, StoreError> {
        let mut committed = self.committed(reader, table, keys).await?;
        let row = |key: &String| {
            let committed = committed.remove(key);
            match self.rows.get(key) {
                Some(staged) => staged.over(table, committed),
                None => committed,
            }
        };
        Ok(keys.iter().filter_map(row).collect())
    }

    /// The rows that match as the batch sees them, in their order.
    pub(crate) async fn find(
        &self,
        reader: &mut SqliteConnection,
        table: &'static Table,
        query: &ResolvedQuery,
    ) -> Result<Vec<Row>, StoreError> {
        let mut found = self.own(reader, table, query).await?;
        if !self.emptied {
            let mut others = self.of_others(table, query);
            others.limit = query.limit.map(|limit| limit.saturating_add(query.offset));
            others.offset = 0;
            found.extend(table::read(reader, table, RowSelection::Query(&others)).await?);
        }
        found.sort_by(|a, b| {
            query.compare(&|column| cell(table, a, column), &|column| cell(table, b, column))
        });
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let limit = query.limit.map_or(usize::MAX, number);
        Ok(found.into_iter().skip(number(query.offset)).take(limit).collect())
    }

    /// How many rows match as the batch sees them.
    pub(crate) async fn count(
        &self,
        reader: &mut SqliteConnection,
        table: &'static Table,
        query: &ResolvedQuery,
    ) -> Result<u64, StoreError> {
        let own = self.own(reader, table, query).await?.len() as u64;
        if self.emptied {
            return Ok(own);
        }
        Ok(own + table::count(reader, table, &self.of_others(table, query)).await?)
    }

    /// Those of the batch's own rows that match.
    async fn own(
        &self,
        reader: &mut SqliteConnection,
        table: &'static Table,
        query: &ResolvedQuery,
    ) -> Result<Vec<Row>, StoreError> {
        let keys: Vec<_> = self.rows.keys().cloned().collect();
        let mut own = self.fetch(reader, table, &keys).await?;
        own.retain(|row| query.condition.holds(&|column| cell(table, row, column)));
        Ok(own)
    }

    /// The same question about the rows that the batch has not touched.
    fn of_others(&self, table: &'static Table, query: &ResolvedQuery) -> ResolvedQuery {
        let keys: Vec<_> = self.rows.keys().cloned().collect();
        let own = Condition::In(table.key_column(), table::key_cells(table, &keys));
        let mut others = query.clone();
        let not_own = Condition::Not(Box::new(own));
        others.condition = Condition::All(vec![query.condition.clone(), not_own]);
        others
    }

    /// What is committed under these keys, and not to go with all.
    async fn committed(
        &self,
        reader: &mut SqliteConnection,
        table: &'static Table,
        keys: &[String],
    ) -> Result<HashMap<String, Row>, StoreError> {
        if self.emptied || keys.is_empty() {
            return Ok(HashMap::new());
        }
        let found = table::read(reader, table, RowSelection::Keys(keys)).await?;
        found.into_iter().map(|row| Ok((table::key(table, &row)?, row))).collect()
    }
}

impl StagedRow {
    /// The row that there is in the end. Columns that the writer does not know keep what they hold.
    fn over(&self, table: &Table, committed: Option<Row>) -> Option<Row> {
        let mut seen = committed.filter(|_| !self.removed);
        for (writer, change) in &self.changes {
            let mut row = seen.take().unwrap_or_else(|| {
                let mut new = vec![Cell::Null; table.columns.len()];
                new.extend([change.created_at.into(), Cell::Null, 0.into(), Cell::Null]);
                new
            });
            for (at, column) in table.columns.iter().enumerate() {
                let written = writer.columns.iter().position(|it| it.name == column.name);
                if let Some(written) = written {
                    row[at] = change.cells[written].clone();
                }
            }
            if let [_, updated_at, version, deleted_at] = &mut row[table.columns.len()..] {
                *updated_at = change.updated_at.into();
                if let Cell::Integer(version) = version {
                    *version = version.saturating_add(change.changes.into());
                }
                *deleted_at = change.deleted_at.into();
            }
            seen = Some(row);
        }
        seen
    }
}

fn cell<'a>(table: &Table, row: &'a [Cell], column: &Column) -> &'a Cell {
    let mut columns = table.columns.iter().chain(Table::BOOKKEEPING);
    let at = columns.position(|it| it.name == column.name);
    at.and_then(|at| row.get(at)).unwrap_or(&Cell::Null)
}
