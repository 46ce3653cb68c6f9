//! A row's cells, straight from serde: what serde says of each field goes to the field's column, without JSON in between.

use std::fmt;

use serde::Serialize;
use serde::ser::{self, Impossible, Serializer};
use uuid::Uuid;

use crate::cell::Cell;
use crate::column::{Column, SqlType, Table};
use crate::payload::inspect;

/// Why a row cannot be written.
#[derive(Debug)]
pub(crate) struct Problem(String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

impl ser::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

fn problem(text: &str) -> Problem {
    Problem(text.to_owned())
}

/// The cells of a row, by the order of the table's columns, once it is known that every store can keep them.
pub(crate) fn cells<T: Serialize>(table: &Table, row: &T) -> Result<Vec<Cell>, Problem> {
    row.serialize(RowEncoder { table })
}

struct RowEncoder<'t> {
    table: &'t Table,
}

/// The fields that were met so far.
struct Fields<'t> {
    table: &'t Table,
    cells: Vec<Option<Cell>>,
    /// The column that is expected next: fields mostly come in the order of columns.
    next: usize,
    key: String,
}

impl<'t> Fields<'t> {
    fn new(table: &'t Table) -> Self {
        let cells = table.columns.iter().map(|_| None).collect();
        Self { table, cells, next: 0, key: String::new() }
    }

    fn put<T: Serialize + ?Sized>(&mut self, field: &str, value: &T) -> Result<(), Problem> {
        let columns = self.table.columns;
        let at = match columns.get(self.next) {
            Some(column) if column.field == field => self.next,
            _ => columns
                .iter()
                .position(|column| column.field == field)
                // A store would drop it.
                .ok_or_else(|| Problem(format!("its field `{field}` has no column")))?,
        };
        self.cells[at] = Some(cell(&columns[at], value)?);
        self.next = at + 1;
        Ok(())
    }

    fn end(self) -> Result<Vec<Cell>, Problem> {
        let pairs = self.cells.into_iter().zip(self.table.columns);
        pairs
            .map(|(cell, column)| match cell {
                Some(cell) => Ok(cell),
                None if column.nullable => Ok(Cell::Null),
                None => Err(of_field(column, "is left out by serde, but is no `Option`")),
            })
            .collect()
    }
}

fn of_field(column: &Column, what: impl fmt::Display) -> Problem {
    Problem(format!("its field `{}` {what}", column.field))
}

fn cell<T: Serialize + ?Sized>(column: &Column, value: &T) -> Result<Cell, Problem> {
    let cell = match column.sql_type {
        SqlType::Json => json(column, value),
        _ => value.serialize(CellEncoder { column }),
    };
    cell.map_err(|problem| of_field(column, problem))
}

fn json<T: Serialize + ?Sized>(column: &Column, value: &T) -> Result<Cell, Problem> {
    let not_json = |error: &dyn fmt::Display| Problem(format!("cannot be kept as JSON: {error}"));
    let text = serde_json::to_string(value).map_err(|error| not_json(&error))?;
    inspect(&text).map_err(|error| not_json(&error))?;
    Ok(if column.nullable && text == "null" { Cell::Null } else { Cell::Json(text) })
}

impl ser::SerializeStruct for Fields<'_> {
    type Ok = Vec<Cell>;
    type Error = Problem;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        field: &'static str,
        value: &T,
    ) -> Result<(), Problem> {
        self.put(field, value)
    }

    fn end(self) -> Result<Vec<Cell>, Problem> {
        Fields::end(self)
    }
}

impl ser::SerializeMap for Fields<'_> {
    type Ok = Vec<Cell>;
    type Error = Problem;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Problem> {
        let text = Column { name: "", field: "", sql_type: SqlType::Text, nullable: false };
        match key.serialize(CellEncoder { column: &text })? {
            Cell::Text(key) => self.key = key,
            _ => return Err(problem("the name of a field is no text")),
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        let key = std::mem::take(&mut self.key);
        self.put(&key, value)
    }

    fn end(self) -> Result<Vec<Cell>, Problem> {
        Fields::end(self)
    }
}

/// The methods of a serializer that take one value and give one answer.
macro_rules! each {
    ($self:ident; $($method:ident($value:ident: $type:ty) => $answer:expr;)+) => {$(
        fn $method($self, $value: $type) -> Result<Self::Ok, Problem> {
            $answer
        }
    )+};
}

/// The methods for values that are refused.
macro_rules! refuse {
    ($error:expr; $($method:ident($($type:ty),*) -> $answer:ident;)+) => {
        $(fn $method(self, $(_: $type),*) -> Result<Self::$answer, Problem> {
            Err(problem($error))
        })+

        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<Self::Ok, Problem> {
            Err(problem($error))
        }
    };
}

const NOT_FIELDS: &str = "it is no struct with named fields";

impl<'t> Serializer for RowEncoder<'t> {
    type Ok = Vec<Cell>;
    type Error = Problem;
    type SerializeSeq = Impossible<Vec<Cell>, Problem>;
    type SerializeTuple = Impossible<Vec<Cell>, Problem>;
    type SerializeTupleStruct = Impossible<Vec<Cell>, Problem>;
    type SerializeTupleVariant = Impossible<Vec<Cell>, Problem>;
    type SerializeMap = Fields<'t>;
    type SerializeStruct = Fields<'t>;
    type SerializeStructVariant = Impossible<Vec<Cell>, Problem>;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'t>, Problem> {
        Ok(Fields::new(self.table))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'t>, Problem> {
        Ok(Fields::new(self.table))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Vec<Cell>, Problem> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Vec<Cell>, Problem> {
        value.serialize(self)
    }

    refuse! { NOT_FIELDS;
        serialize_bool(bool) -> Ok;
        serialize_i8(i8) -> Ok;
        serialize_i16(i16) -> Ok;
        serialize_i32(i32) -> Ok;
        serialize_i64(i64) -> Ok;
        serialize_u8(u8) -> Ok;
        serialize_u16(u16) -> Ok;
        serialize_u32(u32) -> Ok;
        serialize_u64(u64) -> Ok;
        serialize_f32(f32) -> Ok;
        serialize_f64(f64) -> Ok;
        serialize_char(char) -> Ok;
        serialize_str(&str) -> Ok;
        serialize_bytes(&[u8]) -> Ok;
        serialize_none() -> Ok;
        serialize_unit() -> Ok;
        serialize_unit_struct(&'static str) -> Ok;
        serialize_unit_variant(&'static str, u32, &'static str) -> Ok;
        serialize_seq(Option<usize>) -> SerializeSeq;
        serialize_tuple(usize) -> SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant;
    }
}

const SEVERAL: &str = "is made of several values, and no JSON column";

/// One value, for a column that is not JSON.
struct CellEncoder<'c> {
    column: &'c Column,
}

impl CellEncoder<'_> {
    fn fit(self, value: impl Into<Cell>) -> Result<Cell, Problem> {
        self.column.fit(value.into()).map_err(problem)
    }
}

impl Serializer for CellEncoder<'_> {
    type Ok = Cell;
    type Error = Problem;
    type SerializeSeq = Impossible<Cell, Problem>;
    type SerializeTuple = Impossible<Cell, Problem>;
    type SerializeTupleStruct = Impossible<Cell, Problem>;
    type SerializeTupleVariant = Impossible<Cell, Problem>;
    type SerializeMap = Impossible<Cell, Problem>;
    type SerializeStruct = Impossible<Cell, Problem>;
    type SerializeStructVariant = Impossible<Cell, Problem>;

    /// A UUID comes as its bytes when nobody is to read it.
    fn is_human_readable(&self) -> bool {
        self.column.sql_type != SqlType::Uuid
    }

    each! { self;
        serialize_bool(value: bool) => self.fit(value);
        serialize_i8(value: i8) => self.fit(i64::from(value));
        serialize_i16(value: i16) => self.fit(value);
        serialize_i32(value: i32) => self.fit(value);
        serialize_i64(value: i64) => self.fit(value);
        serialize_u8(value: u8) => self.fit(value);
        serialize_u16(value: u16) => self.fit(value);
        serialize_u32(value: u32) => self.fit(value);
        serialize_u64(value: u64) => self.fit(value);
        serialize_f32(value: f32) => self.fit(f64::from(value));
        serialize_f64(value: f64) => self.fit(value);
        serialize_char(value: char) => self.fit(value.to_string());
        serialize_str(value: &str) => self.column.fit_text(value).map_err(problem);
        serialize_bytes(value: &[u8]) => match Uuid::from_slice(value) {
            Ok(id) => self.fit(id),
            Err(_) => Err(problem(SEVERAL)),
        };
        serialize_unit_struct(_name: &'static str) => self.fit(Cell::Null);
    }

    fn serialize_none(self) -> Result<Cell, Problem> {
        self.fit(Cell::Null)
    }

    fn serialize_unit(self) -> Result<Cell, Problem> {
        self.fit(Cell::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Cell, Problem> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Cell, Problem> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Cell, Problem> {
        value.serialize(self)
    }

    refuse! { SEVERAL;
        serialize_seq(Option<usize>) -> SerializeSeq;
        serialize_tuple(usize) -> SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_map(Option<usize>) -> SerializeMap;
        serialize_struct(&'static str, usize) -> SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant;
    }
}
