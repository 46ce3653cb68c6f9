//! The columns of a read model, as every store can make them.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// A read model's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Table {
    /// Its name: `[a-z_][a-z0-9_]*`, at most 48 bytes; that of a version ends in `_v` and the version.
    pub name: &'static str,
    /// The name of the column that identifies a row.
    pub key: &'static str,
    /// All columns that the read model has fields for, the key among them. The table has those of
    /// [`BOOKKEEPING`](Self::BOOKKEEPING) besides.
    pub columns: &'static [Column],
}

impl Table {
    /// What every table has besides the columns of its read model: when the row was written first and last, how often,
    /// and since when it is soft-deleted. The times are those at which the events occurred.
    pub const BOOKKEEPING: &'static [Column] = &[
        Column::of::<DateTime<Utc>>("es_created_at"),
        Column::of::<DateTime<Utc>>("es_updated_at"),
        Column::of::<i64>("es_version"),
        Column::of::<Option<DateTime<Utc>>>("es_deleted_at"),
    ];

    /// A table; its names are checked when the program is compiled.
    ///
    /// # Panics
    /// In const evaluation, when a name is not `[a-z_][a-z0-9_]*` of at most 48 bytes or is there twice, when the
    /// table's ends like that of a version (`_v2`) or a column's begins with `es_`, when a field's name is longer than 63
    /// bytes, or when `key` is not among the columns.
    #[must_use]
    pub const fn new(name: &'static str, key: &'static str, columns: &'static [Column]) -> Self {
        assert!(is_identifier(name), "a table's name is `[a-z_][a-z0-9_]*`, at most 48 bytes");
        assert!(
            !is_versioned(name),
            "a table's name does not end like `_v2`: a version's table does"
        );
        let (mut at, mut found) = (0, false);
        while at < columns.len() {
            let column = columns[at].name;
            assert!(
                is_identifier(column),
                "a column's name is `[a-z_][a-z0-9_]*`, at most 48 bytes"
            );
            assert!(
                !is_bookkeeping(column),
                "names that begin with `es_` are those of our own columns"
            );
            assert!(
                columns[at].field.len() <= 63,
                "a column's field has a name of at most 63 bytes"
            );
            let mut before = 0;
            while before < at {
                assert!(!same(columns[before].name, column), "two columns have one name");
                before += 1;
            }
            found |= same(column, key);
            at += 1;
        }
        assert!(found, "the key is not among the columns");
        Self { name, key, columns }
    }

    /// The table of a version of the projection that writes it: itself for version 1, another of the same shape whose name
    /// ends in `_v` and the version for a later one.
    #[must_use]
    pub fn of_version(&'static self, version: u32) -> &'static Self {
        type Versions = HashMap<(Table, u32), &'static Table>;
        /// Made once each: a program has few tables and fewer versions.
        static VERSIONS: LazyLock<Mutex<Versions>> = LazyLock::new(Mutex::default);
        if version <= 1 {
            return self;
        }
        let mut versions = VERSIONS.lock().unwrap_or_else(PoisonError::into_inner);
        versions.entry((*self, version)).or_insert_with(|| {
            let name = Box::leak(format!("{}_v{version}", self.name).into_boxed_str());
            Box::leak(Box::new(Self { name, ..*self }))
        })
    }

    /// The column of this name, our own included.
    pub(crate) fn column(&self, name: &str) -> Option<&'static Column> {
        self.all_columns().find(|column| column.name == name)
    }

    /// The read model's columns and our own.
    pub(crate) fn all_columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.columns.iter().chain(Self::BOOKKEEPING)
    }

    /// The key's column.
    ///
    /// # Panics
    /// Never for a table made by [`Table::new`], which checks that the key is among the columns.
    pub fn key_column(&self) -> &Column {
        self.columns.iter().find(|c| c.name == self.key).expect("the key is among the columns")
    }
}

/// One column of a read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Column {
    /// Its name in the table: `[a-z_][a-z0-9_]*`, at most 48 bytes.
    pub name: &'static str,
    /// The field's name in JSON.
    pub field: &'static str,
    /// What it holds.
    pub sql_type: SqlType,
    /// Whether it may be empty.
    pub nullable: bool,
}

impl Column {
    /// The column of a field of type `T`, which has the field's name.
    pub const fn of<T: ColumnType>(field: &'static str) -> Self {
        Self { name: field, field, sql_type: T::TYPE, nullable: T::NULLABLE }
    }

    /// The column of a field that is kept as JSON; `nullable` when the field is an `Option`.
    pub const fn json(field: &'static str, nullable: bool) -> Self {
        Self { name: field, field, sql_type: SqlType::Json, nullable }
    }

    /// Gives the column another name than the field has.
    #[must_use]
    pub const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// Whether it is one of [`Table::BOOKKEEPING`].
    #[must_use]
    pub const fn is_bookkeeping(&self) -> bool {
        is_bookkeeping(self.name)
    }
}

/// What a column holds, in words that every store can translate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SqlType {
    /// Text.
    Text,
    /// A whole number of up to 64 bits.
    Integer,
    /// A floating-point number.
    Real,
    /// An exact decimal number; travels as text.
    Decimal,
    /// True or false.
    Boolean,
    /// A UUID.
    Uuid,
    /// A moment in UTC, to the microsecond.
    Timestamp,
    /// A day.
    Date,
    /// Whatever serde makes of the field.
    Json,
}

/// A Rust type that a column can hold.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column of a read model",
    note = "columns are `String`, integers, `f64`, `bool`, `Uuid`, `DateTime<Utc>`, `NaiveDate`, `Decimal` (feature `decimal`), and `Option` of these",
    note = "a field of any other type is kept as JSON with `#[read_model(json)]`"
)]
pub trait ColumnType: Sized {
    /// What the column holds.
    const TYPE: SqlType;
    /// Whether it may be empty.
    const NULLABLE: bool = false;
}

#[diagnostic::do_not_recommend]
impl<T: ColumnType> ColumnType for Option<T> {
    const TYPE: SqlType = T::TYPE;
    const NULLABLE: bool = {
        // `Some(None)` would come back as `None`.
        assert!(
            !T::NULLABLE,
            "an `Option` of an `Option` cannot be a column, which is empty in one way only"
        );
        true
    };
}

macro_rules! columns {
    ($($type:ty => $sql:ident),+ $(,)?) => {$(
        impl ColumnType for $type {
            const TYPE: SqlType = SqlType::$sql;
        }
    )+};
}

columns! {
    String => Text,
    i16 => Integer, i32 => Integer, i64 => Integer,
    u8 => Integer, u16 => Integer, u32 => Integer, u64 => Integer,
    f64 => Real,
    bool => Boolean,
    Uuid => Uuid,
    DateTime<Utc> => Timestamp,
    NaiveDate => Date,
}

#[cfg(feature = "decimal")]
columns!(rust_decimal::Decimal => Decimal);

const fn is_identifier(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > 48 || bytes[0].is_ascii_digit() {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !(bytes[at].is_ascii_lowercase() || bytes[at].is_ascii_digit() || bytes[at] == b'_') {
            return false;
        }
        at += 1;
    }
    true
}

/// Whether a column of this name is ours.
const fn is_bookkeeping(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() >= 3 && bytes[0] == b'e' && bytes[1] == b's' && bytes[2] == b'_'
}

/// Whether a table's name ends like that of a version: in `_v` and digits.
const fn is_versioned(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut at = bytes.len();
    while at > 0 && bytes[at - 1].is_ascii_digit() {
        at -= 1;
    }
    at < bytes.len() && at >= 2 && bytes[at - 1] == b'v' && bytes[at - 2] == b'_'
}

/// Whether two names are the same, in const evaluation too.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_that_sql_would_misread_are_refused() {
        for good in ["a", "_", "account_balances", "t2"] {
            assert!(is_identifier(good), "{good}");
        }
        for bad in ["", "2t", "Balances", "es\"; drop table x", "größe", "a b", &"x".repeat(49)] {
            assert!(!is_identifier(bad), "{bad}");
        }
    }

    #[test]
    fn a_version_has_a_table_of_its_own() {
        const ORDERS: &Table = &Table::new("orders", "id", const { &[Column::of::<i64>("id")] });
        assert_eq!(ORDERS.of_version(1), ORDERS);
        let second = ORDERS.of_version(2);
        assert_eq!(*second, Table { name: "orders_v2", ..*ORDERS });
        assert!(std::ptr::eq(second, ORDERS.of_version(2)), "it is made once");
        assert_ne!(second, ORDERS.of_version(3));
    }

    #[test]
    fn names_of_ours_are_told_from_others() {
        for name in ["orders_v2", "o_v10", "_v1"] {
            assert!(is_versioned(name), "{name}");
        }
        for name in ["orders", "orders_v", "ordersv2", "v2", "orders_v2b", "orders2"] {
            assert!(!is_versioned(name), "{name}");
        }
        assert!(Table::BOOKKEEPING.iter().all(Column::is_bookkeeping));
        assert!(!Column::of::<i64>("esx").is_bookkeeping());
    }

    #[test]
    #[should_panic(expected = "begin with `es_`")]
    fn a_column_is_not_named_like_one_of_ours() {
        let _ = Table::new(
            "t",
            "id",
            const { &[Column::of::<i64>("id"), Column::of::<i64>("n").named("es_n")] },
        );
    }

    #[test]
    #[should_panic(expected = "the key is not among the columns")]
    fn a_table_has_its_key() {
        let _ = Table::new("t", "id", const { &[Column::of::<i64>("other")] });
    }

    #[test]
    #[should_panic(expected = "two columns have one name")]
    fn a_column_is_there_once() {
        const COLUMNS: &[Column] = &[Column::of::<i64>("id"), Column::of::<i64>("n").named("id")];
        let _ = Table::new("t", "id", COLUMNS);
    }
}
