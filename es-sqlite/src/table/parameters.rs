//! Cells as parameters of statements.

use es_core::{Cause, Cell, Column, SqlType, StoreError};
use sqlx::Arguments as _;
use sqlx::sqlite::SqliteArguments;

use super::cells::time_text;
use super::unfit;

/// What a statement is given, one after the other.
#[derive(Default)]
pub(super) struct Parameters(SqliteArguments);

impl Parameters {
    pub(super) fn into_arguments(self) -> SqliteArguments {
        self.0
    }

    /// A whole number; gives how the statement calls it.
    pub(super) fn number(&mut self, number: i64) -> Result<String, StoreError> {
        let added = self.0.add(number);
        self.named(added)
    }

    /// A text; gives how the statement calls it.
    pub(super) fn text(&mut self, text: String) -> Result<String, StoreError> {
        let added = self.0.add(text);
        self.named(added)
    }

    /// What a column is to hold, or is compared with; gives how the statement calls it.
    pub(super) fn cell(&mut self, column: &Column, cell: &Cell) -> Result<String, StoreError> {
        let added = match (column.sql_type, cell) {
            (_, Cell::Null) => self.0.add(None::<i64>),
            (SqlType::Integer, Cell::Integer(number)) => self.0.add(*number),
            (SqlType::Real, Cell::Real(number)) => self.0.add(*number),
            (SqlType::Boolean, Cell::Boolean(is)) => self.0.add(i64::from(*is)),
            _ => self.0.add(as_text(column, cell)?),
        };
        self.named(added)
    }

    /// Values of a column, of which none is [`Cell::Null`]; gives how the statement lists them. All are one parameter, so that
    /// the statement is the same for any number of them; except floating-point numbers, which would not be read exactly.
    pub(super) fn list<'a>(
        &mut self,
        column: &Column,
        cells: impl Iterator<Item = &'a Cell>,
    ) -> Result<String, StoreError> {
        if column.sql_type == SqlType::Real {
            let each = cells.map(|cell| self.cell(column, cell)).collect::<Result<Vec<_>, _>>()?;
            return Ok(each.join(", "));
        }
        let value = |cell: &Cell| {
            Ok(match (column.sql_type, cell) {
                (SqlType::Integer, Cell::Integer(number)) => (*number).into(),
                (SqlType::Boolean, Cell::Boolean(is)) => i64::from(*is).into(),
                _ => as_text(column, cell)?.into(),
            })
        };
        let values = cells.map(value).collect::<Result<Vec<serde_json::Value>, StoreError>>()?;
        let list = self.text(serde_json::Value::from(values).to_string())?;
        Ok(format!("SELECT value FROM json_each({list})"))
    }

    /// The parameter that was added last.
    fn named(&self, added: Result<(), sqlx::error::BoxDynError>) -> Result<String, StoreError> {
        added.map_err(|error| StoreError::Other(Cause::new(error)))?;
        Ok(format!("?{}", self.0.len()))
    }
}

fn as_text(column: &Column, cell: &Cell) -> Result<String, StoreError> {
    Ok(match (column.sql_type, cell) {
        (SqlType::Text, Cell::Text(text)) => text.clone(),
        (SqlType::Decimal, Cell::Decimal(number)) => number.clone(),
        (SqlType::Uuid, Cell::Uuid(id)) => id.to_string(),
        (SqlType::Timestamp, Cell::Timestamp(time)) => time_text(*time),
        (SqlType::Date, Cell::Date(day)) => day.to_string(),
        (SqlType::Json, Cell::Json(json)) => json.clone(),
        _ => return Err(unfit(column)),
    })
}
