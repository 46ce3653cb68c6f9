//! Read-model tables in memory.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use serde_json::value::RawValue;

use crate::column::{Column, SqlType, Table};
use crate::error::{Cause, StoreError};
use crate::read_model::RowSelection;
use crate::shape::FoundColumn;

#[derive(Default)]
pub(super) struct Tables {
    tables: HashMap<String, Stored>,
    /// Which table is seen under another name.
    views: HashMap<String, String>,
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
            default: false,
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

/// A row by the names of its columns, as text of JSON: what a column holds stays when its field is renamed.
pub(super) type Row = BTreeMap<&'static str, Box<RawValue>>;

/// Numbers sort as numbers, everything else as bytes: as a database sorts them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Number(i64),
    Text(String),
}

impl Key {
    fn of_text(table: &Table, text: &str) -> Self {
        let number = match table.key_column().sql_type {
            SqlType::Integer => text.parse().ok(),
            _ => None,
        };
        number.map_or_else(|| Self::Text(text.to_owned()), Self::Number)
    }

    fn of_row(table: &Table, row: &Row) -> Option<Self> {
        match serde_json::from_str(row.get(table.key)?.get()).ok()? {
            Value::String(text) => Some(Self::of_text(table, &text)),
            Value::Number(number) => Some(Self::of_text(table, &number.to_string())),
            _ => None,
        }
    }
}

fn refused(table: &Table, what: &str) -> StoreError {
    StoreError::Other(Cause::new(format!("a row for `{}` {what}", table.name)))
}

/// The row from an object with the names of fields.
fn read(table: &'static Table, object: &str) -> Result<(Key, Row), StoreError> {
    let refused = |what: &str| refused(table, what);
    let mut fields: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(object).map_err(|_| refused("is not an object"))?;
    let mut row = Row::new();
    for column in table.columns {
        let value = fields.remove(column.field).unwrap_or_default();
        if value.get() == "null" && !column.nullable && column.sql_type != SqlType::Json {
            return Err(refused(&format!("has no `{}`", column.field)));
        }
        row.insert(column.name, value);
    }
    let key = Key::of_row(table, &row).ok_or_else(|| refused("has no key"))?;
    Ok((key, row))
}

/// The row as an object with the names of fields. What was added to the table later is null in older rows.
fn write(table: &Table, row: &Row) -> String {
    let field = |column: &Column| {
        let value = row.get(column.name).map_or("null", |value| value.get());
        format!("{}:{value}", Value::from(column.field))
    };
    format!("{{{}}}", table.columns.iter().map(field).collect::<Vec<_>>().join(","))
}

impl Tables {
    pub(super) fn ensure(&mut self, table: &'static Table) -> Result<(), StoreError> {
        let Some(there) = self.table_mut(table.name) else {
            let (key, columns, rows) = (table.key, table.columns.to_vec(), BTreeMap::new());
            self.tables.insert(table.name.to_owned(), Stored { key, columns, rows });
            return Ok(());
        };
        let missing = table.missing_from(&there.found(), words)?;
        if !there.rows.is_empty() && missing.iter().any(|column| !column.nullable) {
            return Err(table.has_rows_without(&missing));
        }
        there.columns.extend(missing.into_iter().copied());
        Ok(())
    }

    pub(super) fn read(
        &self,
        table: &'static Table,
        select: RowSelection<'_>,
    ) -> Result<Vec<String>, StoreError> {
        let rows = self.rows(table)?;
        let found: Vec<&Row> = match select {
            RowSelection::All => rows.values().collect(),
            RowSelection::Keys(keys) => {
                keys.iter().filter_map(|key| rows.get(&Key::of_text(table, key))).collect()
            }
        };
        Ok(found.into_iter().map(|row| write(table, row)).collect())
    }

    pub(super) fn table_mut(&mut self, name: &str) -> Option<&mut Stored> {
        let name = self.real_name(name).to_owned();
        self.tables.get_mut(&name)
    }

    fn real_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.views.get(name).map_or(name, String::as_str)
    }

    /// Shows a table under the serving name. One that has that name so far keeps its rows, under a name of its version.
    #[cfg(feature = "runtime")]
    pub(super) fn promote(
        &mut self,
        promotion: &crate::Promotion,
        before: u32,
    ) -> Result<(), StoreError> {
        let (serving, built) = (promotion.serving, promotion.built);
        if serving.name == built.name || self.real_name(serving.name) == built.name {
            return Ok(());
        }
        self.stored(built)?;
        if let Some(table) = self.tables.remove(serving.name) {
            self.tables.insert(format!("{}_v{before}", serving.name), table);
        }
        self.views.insert(serving.name.to_owned(), built.name.to_owned());
        Ok(())
    }

    #[cfg(feature = "runtime")]
    pub(super) fn drop(&mut self, table: &str) -> Result<(), StoreError> {
        if let Some((view, _)) = self.views.iter().find(|(_, shown)| *shown == table) {
            let what = format!("the table `{table}` is seen as `{view}`");
            return Err(StoreError::Other(Cause::new(what)));
        }
        self.tables.remove(table);
        Ok(())
    }

    fn rows(&self, table: &'static Table) -> Result<&BTreeMap<Key, Row>, StoreError> {
        self.stored(table).map(|there| &there.rows)
    }

    /// Whether rows with these columns can be written: what must be filled in, a writer has to know.
    fn check_writer(&self, table: &'static Table) -> Result<(), StoreError> {
        let columns = &self.stored(table)?.columns;
        let mut needed = columns.iter().filter(|column| !column.nullable);
        match needed.find(|column| !has(table.columns, column)) {
            None => Ok(()),
            Some(column) => Err(refused(table, &format!("has no `{}`", column.name))),
        }
    }

    fn stored(&self, table: &'static Table) -> Result<&Stored, StoreError> {
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

/// The rows with these keys: what a batch has staged over what is committed.
pub(super) fn find(
    tables: &Tables,
    staged: Option<&BTreeMap<Key, Row>>,
    table: &'static Table,
    keys: &[String],
) -> Result<Vec<String>, StoreError> {
    let committed = tables.rows(table)?;
    let find = |key: &String| {
        let key = Key::of_text(table, key);
        let mut found = committed.get(&key).cloned();
        if let Some(changed) = staged.and_then(|rows| rows.get(&key)) {
            found.get_or_insert_default().extend(changed.clone());
        }
        found.map(|row| write(table, &row))
    };
    Ok(keys.iter().filter_map(find).collect())
}

/// Everything is checked here rather than at the commit, where nothing may fail half way.
pub(super) fn stage(
    tables: &Tables,
    staged: &mut BTreeMap<Key, Row>,
    table: &'static Table,
    rows: &[String],
) -> Result<(), StoreError> {
    tables.check_writer(table)?;
    let read = rows.iter().map(|row| read(table, row));
    replace(staged, read.collect::<Result<Vec<_>, StoreError>>()?);
    Ok(())
}

/// Puts rows in the place of others. Columns that the writer does not know keep what they hold.
pub(super) fn replace(rows: &mut BTreeMap<Key, Row>, new: impl IntoIterator<Item = (Key, Row)>) {
    for (key, row) in new {
        rows.entry(key).or_default().extend(row);
    }
}
