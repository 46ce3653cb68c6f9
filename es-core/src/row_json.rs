//! Rows as JSON: written so that every store can keep them, and read.

use std::any::type_name;
use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::column::{Column, SqlType};
use crate::error::Cause;
use crate::payload::Payload;
use crate::projection::ProjectionError;
use crate::read_model::ReadModel;

/// The row as an object, once it is known that every store can keep it and that it can be read back.
pub(crate) fn encode_row<T: ReadModel>(row: &T) -> Result<String, ProjectionError> {
    let encoded = Payload::encode(row).map_err(row_error::<T>)?;
    let fields: HashMap<String, &RawValue> =
        serde_json::from_str(encoded.as_str()).map_err(row_error::<T>)?;
    for column in T::TABLE.columns {
        let value = fields.get(column.field).map(|value| value.get());
        if let Some(problem) = problem(column, value) {
            return Err(row_error::<T>(format!("its field `{}` {problem}", column.field)));
        }
    }
    // A store would drop it.
    let known = |field: &str| T::TABLE.columns.iter().any(|column| column.field == field);
    if let Some(field) = fields.keys().filter(|field| !known(field)).min() {
        return Err(row_error::<T>(format!("its field `{field}` has no column")));
    }
    Ok(encoded.as_str().to_owned())
}

/// Why a column cannot hold the JSON text.
fn problem(column: &Column, value: Option<&str>) -> Option<&'static str> {
    match (column.sql_type, value) {
        (_, None) if column.nullable => None,
        (_, None) => Some("is left out by serde, but is no `Option`"),
        (SqlType::Json, _) => None,
        (_, Some("null")) => (!column.nullable).then_some("is null in JSON, but is no `Option`"),
        (SqlType::Integer, Some(number)) => {
            number.parse::<i64>().is_err().then_some("is no whole number of 64 bits with a sign")
        }
        (SqlType::Timestamp | SqlType::Date, Some(time)) => {
            // Other years have a sign in front.
            let plain = time.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
            let known = plain && !time.starts_with("\"0000");
            (!known).then_some("is not in the years 1 to 9999")
        }
        _ => None,
    }
}

pub(crate) fn decode_rows<T: ReadModel>(rows: &[String]) -> Result<Vec<T>, ProjectionError> {
    rows.iter().map(|row| serde_json::from_str(row).map_err(row_error::<T>)).collect()
}

fn row_error<T: ReadModel>(
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ProjectionError {
    tracing::debug!(
        table = T::TABLE.name,
        rust_type = type_name::<T>(),
        "a row does not fit its type"
    );
    ProjectionError::Row { table: T::TABLE.name, cause: Cause::new(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Table;

    #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Row {
        id: i64,
        #[serde(skip)]
        shown: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    }

    impl ReadModel for Row {
        type Key = i64;
        const TABLE: &'static Table =
            &Table::new("rows", "id", const { &[Column::of::<i64>("id")] });
        fn key(&self) -> i64 {
            self.id
        }
    }

    #[test]
    fn a_field_without_a_column_is_refused_where_it_is_written() {
        let row = Row { shown: true, ..Row::default() };
        let encoded = encode_row(&row).expect("what serde skips is not written");
        let found = decode_rows::<Row>(&[encoded]).expect("readable");
        assert_eq!(found, [Row::default()], "what serde skips is left out");
        match encode_row(&Row { note: Some("x".to_owned()), ..row }) {
            Err(ProjectionError::Row { table: "rows", cause }) => {
                assert_eq!(cause.to_string(), "its field `note` has no column");
            }
            answer => panic!("a field that a store would drop must be refused, not {answer:?}"),
        }
    }
}
