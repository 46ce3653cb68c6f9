//! Cells as parameters of statements.

use es_core::{Cause, Cell, Column, SqlType, StoreError};
use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;

use super::ddl::base_type;

/// What a statement is given, one after the other.
#[derive(Default)]
pub(super) struct Parameters(PgArguments);

type Added = Result<(), sqlx::error::BoxDynError>;

impl Parameters {
    pub(super) fn into_arguments(self) -> PgArguments {
        self.0
    }

    /// A whole number; gives how the statement calls it.
    pub(super) fn number(&mut self, number: i64) -> Result<String, StoreError> {
        let added = self.0.add(number);
        self.named(added, "bigint")
    }

    /// Texts, as an array; gives how the statement calls it, as an array of the type.
    pub(super) fn texts(
        &mut self,
        texts: &[String],
        sql_type: SqlType,
    ) -> Result<String, StoreError> {
        let added = self.0.add(texts);
        self.named(added, &format!("text[]::{}[]", base_type(sql_type)))
    }

    /// One value of a column; gives how the statement calls it.
    pub(super) fn cell(&mut self, column: &Column, cell: &Cell) -> Result<String, StoreError> {
        let all = self.cells(column, std::iter::once(cell))?;
        Ok(format!("({all})[1]"))
    }

    /// Values of a column, as an array; gives how the statement calls it.
    pub(super) fn cells<'a>(
        &mut self,
        column: &Column,
        cells: impl Iterator<Item = &'a Cell>,
    ) -> Result<String, StoreError> {
        macro_rules! add {
            ($kind:ident, $value:ident => $given:expr) => {{
                let given = cells.map(|cell| match cell {
                    Cell::Null => Ok(None),
                    Cell::$kind($value) => Ok(Some($given)),
                    _ => Err(unfit(column)),
                });
                self.0.add(given.collect::<Result<Vec<_>, _>>()?)
            }};
        }
        let added = match column.sql_type {
            SqlType::Text => add!(Text, text => text.as_str()),
            SqlType::Integer => add!(Integer, number => *number),
            SqlType::Real => add!(Real, number => *number),
            SqlType::Decimal => add!(Decimal, number => number.as_str()),
            SqlType::Boolean => add!(Boolean, is => *is),
            SqlType::Uuid => add!(Uuid, id => *id),
            SqlType::Timestamp => add!(Timestamp, time => *time),
            SqlType::Date => add!(Date, day => *day),
            SqlType::Json => add!(Json, json => json.as_str()),
            _ => return Err(unfit(column)),
        };
        let base = base_type(column.sql_type);
        match column.sql_type {
            // These travel as text.
            SqlType::Decimal | SqlType::Json => self.named(added, &format!("text[]::{base}[]")),
            _ => self.named(added, &format!("{base}[]")),
        }
    }

    /// The parameter that was added last.
    fn named(&self, added: Added, sql_type: &str) -> Result<String, StoreError> {
        added.map_err(|error| StoreError::Other(Cause::new(error)))?;
        Ok(format!("${}::{sql_type}", self.0.len()))
    }
}

fn unfit(column: &Column) -> StoreError {
    let what = format!("a value for `{}` is not of the column's kind", column.name);
    StoreError::Other(Cause::new(what))
}
