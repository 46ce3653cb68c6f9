//! Which rows of a read model, in which order, and how many.

use std::cmp::Ordering;

use crate::cell::Cell;
use crate::column::{Column, SqlType, Table};
use crate::filter::{Condition, Filter, column, wrong};
use crate::projection::ProjectionError;

/// A question to a read model: the same inside a batch and outside, on every store.
///
/// ```
/// use es_core::{Filter, RowQuery};
///
/// let richest = RowQuery::new(Filter::eq("status", "open")).descending("cents").limit(10);
/// ```
///
/// Rows come in the order of the columns named, one after the other, and at last by rising key. Text sorts by its bytes; an empty
/// column comes after all others where its order rises, and before them where it falls.
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use]
pub struct RowQuery {
    filter: Filter,
    order: Vec<(String, Direction)>,
    limit: Option<u64>,
    offset: u64,
    with_deleted: bool,
}

/// Which way an order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the least to the greatest.
    Rising,
    /// From the greatest to the least.
    Falling,
}

impl RowQuery {
    /// The rows that match.
    pub const fn new(filter: Filter) -> Self {
        let order = Vec::new();
        Self { filter, order, limit: None, offset: 0, with_deleted: false }
    }

    /// All rows.
    pub const fn all() -> Self {
        Self::new(Filter::all())
    }

    /// In rising order of a column, within the order that was asked for before.
    pub fn ascending(mut self, column: impl Into<String>) -> Self {
        self.order.push((column.into(), Direction::Rising));
        self
    }

    /// In falling order of a column, within the order that was asked for before.
    pub fn descending(mut self, column: impl Into<String>) -> Self {
        self.order.push((column.into(), Direction::Falling));
        self
    }

    /// At most so many rows.
    pub const fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Without the first so many rows.
    pub const fn offset(mut self, rows: u64) -> Self {
        self.offset = rows;
        self
    }

    /// Soft-deleted rows too.
    pub const fn with_deleted(mut self) -> Self {
        self.with_deleted = true;
        self
    }

    /// The same with the columns and values of a table.
    pub(crate) fn resolve(&self, table: &'static Table) -> Result<ResolvedQuery, ProjectionError> {
        let condition = if self.with_deleted {
            self.filter.resolve(table)?
        } else {
            Filter::is_null("es_deleted_at").and(self.filter.clone()).resolve(table)?
        };
        let mut order = Vec::new();
        for (name, direction) in &self.order {
            let column = column(table, name)?;
            if column.sql_type == SqlType::Json {
                return Err(wrong(table, name, "is JSON, which has no order"));
            }
            order.push((column, *direction));
        }
        order.push((column(table, table.key)?, Direction::Rising));
        Ok(ResolvedQuery { condition, order, limit: self.limit, offset: self.offset })
    }
}

impl From<Filter> for RowQuery {
    fn from(filter: Filter) -> Self {
        Self::new(filter)
    }
}

/// A [`RowQuery`] that is known to fit a table. Adapters only.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ResolvedQuery {
    /// Which rows.
    pub condition: Condition,
    /// In which order; the key is at its end, so that it is the same each time.
    pub order: Vec<(&'static Column, Direction)>,
    /// How many at most.
    pub limit: Option<u64>,
    /// How many of the first are left out.
    pub offset: u64,
}

impl ResolvedQuery {
    /// Which of two rows comes first, given what each column of theirs holds; for rows that a batch keeps in memory.
    pub fn compare<'a>(
        &self,
        one: &impl Fn(&Column) -> &'a Cell,
        other: &impl Fn(&Column) -> &'a Cell,
    ) -> Ordering {
        let each = self.order.iter().map(|(column, direction)| {
            let order = one(column).compare(other(column));
            if *direction == Direction::Rising { order } else { order.reverse() }
        });
        each.fold(Ordering::Equal, Ordering::then)
    }
}
