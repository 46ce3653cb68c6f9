//! For `#[derive(ReadModel)]`.

use std::fmt;
use std::marker::PhantomData;

use crate::column::{Column, ColumnType};

/// The column of a field. The type is not named but found out, so that one that does not exist is reported once.
pub const fn column<R, T: ColumnType>(field: &'static str, _: fn(&R) -> &T) -> Column {
    Column::of::<T>(field)
}

/// Whether a field may be empty, whatever its type is called and whether or not it can be a column by itself.
pub struct Nullable<T>(PhantomData<fn() -> T>);

impl<T> Nullable<Option<T>> {
    /// It is an `Option`.
    pub const NULLABLE: bool = true;
}

/// Takes the place of the inherent constant of [`Nullable`] when `T` is not an `Option`.
pub trait NotOptional {
    /// It is not an `Option`.
    const NULLABLE: bool = false;
}

impl<T> NotOptional for Nullable<T> {}

impl<T> fmt::Debug for Nullable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nullable")
    }
}
