//! For `#[derive(ReadModel)]`.

use std::fmt;
use std::marker::PhantomData;

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
