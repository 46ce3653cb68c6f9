//! What columns hold, and cells: each kind in the form that SQLite sorts as it is to be sorted.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use es_core::{Cell, Column, FoundRow, RowInfo, SqlType, StoreError, Table};
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row as _, Sqlite, Type, ValueRef as _};
use uuid::Uuid;

/// What a row holds: the table's columns, then those of [`Table::BOOKKEEPING`].
pub(crate) type Row = Vec<Cell>;

/// In UTC with six digits after the point: the order of the texts is that of the times.
pub(super) fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The cells of a row in which all columns were selected, in their order.
pub(super) fn row(found: &SqliteRow, table: &Table) -> Result<Row, StoreError> {
    let columns = table.columns.iter().chain(Table::BOOKKEEPING).enumerate();
    let cell = |(at, column): (usize, &Column)| {
        cell(found, at, column.sql_type).ok_or_else(|| corrupt(table, column))
    };
    columns.map(cell).collect()
}

#[cold]
fn corrupt(table: &Table, column: &Column) -> StoreError {
    let (name, kind) = (column.name, super::ddl::declared(column.sql_type));
    let what = format!("a row of `{}`: what is in its column `{name}` is no {kind}", table.name);
    StoreError::Corrupt { what }
}

/// Nobody checks what a column holds: a program may have written another kind of value, or text that says something else.
fn cell(row: &SqliteRow, at: usize, sql_type: SqlType) -> Option<Cell> {
    if row.try_get_raw(at).ok()?.is_null() {
        return Some(Cell::Null);
    }
    Some(match sql_type {
        SqlType::Integer => Cell::Integer(get(row, at)?),
        SqlType::Real => Cell::Real(get::<f64>(row, at).filter(|number| number.is_finite())?),
        SqlType::Boolean => match get::<i64>(row, at)? {
            0 => Cell::Boolean(false),
            1 => Cell::Boolean(true),
            _ => return None,
        },
        SqlType::Decimal => Cell::Decimal(get::<String>(row, at).filter(|it| is_decimal(it))?),
        SqlType::Uuid => Cell::Uuid(Uuid::parse_str(get(row, at)?).ok()?),
        SqlType::Timestamp => Cell::Timestamp(get::<&str>(row, at)?.parse().ok()?),
        SqlType::Date => Cell::Date(get::<&str>(row, at)?.parse::<NaiveDate>().ok()?),
        SqlType::Json => Cell::Json(get(row, at)?),
        _ => Cell::Text(get(row, at)?),
    })
}

/// A value, if it is of this kind: SQLite would convert it to anything.
fn get<'r, T: Decode<'r, Sqlite> + Type<Sqlite>>(row: &'r SqliteRow, at: usize) -> Option<T> {
    row.try_get(at).ok()
}

fn is_decimal(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.contains(|digit: char| digit.is_ascii_digit())
}

/// The row as es-core is given it.
pub(crate) fn found(table: &Table, row: &[Cell]) -> Result<FoundRow, StoreError> {
    let (cells, own) = row.split_at(table.columns.len());
    let info = match own {
        [
            Cell::Timestamp(created_at),
            Cell::Timestamp(updated_at),
            Cell::Integer(version),
            rest,
        ] => {
            let deleted_at = match rest {
                Cell::Timestamp(deleted_at) => Some(*deleted_at),
                _ => None,
            };
            RowInfo::new(*created_at, *updated_at, version.cast_unsigned(), deleted_at)
        }
        // None of them may be empty.
        _ => return Err(corrupt(table, &Table::BOOKKEEPING[0])),
    };
    Ok(FoundRow::of_cells(table, cells, info))
}
