//! Decimal numbers in text columns: SQLite has none of its own, so it is told how to compare them.

use std::cmp::Ordering;

/// The collation of a column that holds decimal numbers. Programs that open the file without it can read such a column, but
/// not sort by it or compare it.
pub(crate) const COLLATION: &str = "es_decimal";

/// By value: `1.10` is `1.1`.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    es_core::compare_decimals(a, b)
}
