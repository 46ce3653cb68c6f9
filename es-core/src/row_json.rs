//! Rows as JSON: how they come back from a store.

use std::any::type_name;

use crate::cell::Cell;
use crate::column::{SqlType, Table};
use crate::error::Cause;
use crate::projection::ProjectionError;
use crate::read_model::ReadModel;
use crate::row::{FoundRow, RowChange, Stored};

/// The row as an object with the names of fields. A column without a cell is null.
pub(crate) fn object<'a>(table: &Table, cell: impl Fn(usize) -> Option<&'a Cell>) -> String {
    let mut json = "{".to_owned();
    for (at, column) in table.columns.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        Cell::Text(column.field.to_owned()).write_json(&mut json);
        json.push(':');
        cell(at).unwrap_or(&Cell::Null).write_json(&mut json);
    }
    json.push('}');
    json
}

/// That a row which is to be written can be read again. Without JSON in it each column comes back as it was.
pub(crate) fn check_readable<T: ReadModel>(row: &RowChange) -> Result<(), ProjectionError> {
    if T::TABLE.columns.iter().all(|column| column.sql_type != SqlType::Json) {
        return Ok(());
    }
    decode::<T>(&object(T::TABLE, |at| row.cells.get(at))).map(drop)
}

pub(crate) fn decode<T: ReadModel>(json: &str) -> Result<T, ProjectionError> {
    serde_json::from_str(json).map_err(|error| {
        tracing::debug!(
            table = T::TABLE.name,
            rust_type = type_name::<T>(),
            "a row does not fit its type"
        );
        ProjectionError::Row { table: T::TABLE.name, cause: Cause::new(error) }
    })
}

pub(crate) fn decode_rows<T: ReadModel>(rows: &[FoundRow]) -> Result<Vec<T>, ProjectionError> {
    rows.iter().map(|row| decode(&row.json)).collect()
}

pub(crate) fn decode_stored<T: ReadModel>(
    rows: &[FoundRow],
) -> Result<Vec<Stored<T>>, ProjectionError> {
    rows.iter().map(|row| Ok(Stored { row: decode(&row.json)?, info: row.info })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Column;

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

    fn encode(row: &Row) -> Result<RowChange, ProjectionError> {
        RowChange::new(Row::TABLE, row, chrono::DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_field_without_a_column_is_refused_where_it_is_written() {
        let row = Row { shown: true, ..Row::default() };
        let encoded = encode(&row).expect("what serde skips is not written");
        let found = decode::<Row>(&object(Row::TABLE, |at| encoded.cells.get(at)));
        assert_eq!(found.expect("readable"), Row::default(), "what serde skips is left out");
        match encode(&Row { note: Some("x".to_owned()), ..row }) {
            Err(ProjectionError::Row { table: "rows", cause }) => {
                assert_eq!(cause.to_string(), "its field `note` has no column");
            }
            answer => panic!("a field that a store would drop must be refused, not {answer:?}"),
        }
    }
}
