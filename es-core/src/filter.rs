//! Which rows are meant: conditions on columns, the same on every store.

use crate::cell::Cell;
use crate::column::{Column, SqlType, Table};
use crate::projection::ProjectionError;

/// A condition on the columns of a read model, named as in its table.
///
/// ```
/// use es_core::Filter;
///
/// let open = Filter::eq("status", "open").and(Filter::ge("cents", 100));
/// let named = Filter::starts_with("owner", "A").or(Filter::is_null("owner"));
/// let wanted = open.and(!named);
/// ```
///
/// The columns are the read model's own and those of [`Table::BOOKKEEPING`]. Each condition is true or false: nothing is
/// neither less nor greater than any value, and differs from all of them. Text is compared by its bytes. A column that
/// does not exist, or cannot hold the value, is [`ProjectionError::Query`] when the query is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(Node);

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Compare(String, Comparison, Cell),
    IsNull(String),
    In(String, Vec<Cell>),
    Match(String, TextMatch, String),
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
}

/// How a column is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// It is the value.
    Equal,
    /// It is less.
    Less,
    /// It is less, or the value.
    AtMost,
    /// It is greater.
    Greater,
    /// It is greater, or the value.
    AtLeast,
}

/// Where text is to be found in a column's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextMatch {
    /// At its beginning.
    Start,
    /// Anywhere.
    Anywhere,
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident => $comparison:ident),+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(column: impl Into<String>, value: impl Into<Cell>) -> Self {
            Self(Node::Compare(column.into(), Comparison::$comparison, value.into()))
        }
    )+};
}

impl Filter {
    comparisons! {
        /// The column is the value. `None` is what an empty column is.
        eq => Equal,
        /// The column is less than the value.
        lt => Less,
        /// The column is less than the value, or is it.
        le => AtMost,
        /// The column is greater than the value.
        gt => Greater,
        /// The column is greater than the value, or is it.
        ge => AtLeast
    }

    /// Every row.
    #[must_use]
    pub const fn all() -> Self {
        Self(Node::All(Vec::new()))
    }

    /// The column is not the value; an empty one differs from every value.
    #[must_use]
    pub fn ne(column: impl Into<String>, value: impl Into<Cell>) -> Self {
        !Self::eq(column, value)
    }

    /// The column is empty.
    #[must_use]
    pub fn is_null(column: impl Into<String>) -> Self {
        Self(Node::IsNull(column.into()))
    }

    /// The column is one of the values; none is one of none.
    #[must_use]
    pub fn in_list<V: Into<Cell>>(
        column: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self(Node::In(column.into(), values.into_iter().map(Into::into).collect()))
    }

    /// The column, which holds text, begins with this one.
    #[must_use]
    pub fn starts_with(column: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Node::Match(column.into(), TextMatch::Start, text.into()))
    }

    /// The column, which holds text, has this one in it.
    #[must_use]
    pub fn contains(column: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Node::Match(column.into(), TextMatch::Anywhere, text.into()))
    }

    /// Both are true.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(match self.0 {
            Node::All(mut filters) => {
                filters.push(other);
                Node::All(filters)
            }
            node => Node::All(vec![Self(node), other]),
        })
    }

    /// One of them is true, or both are.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(match self.0 {
            Node::Any(mut filters) => {
                filters.push(other);
                Node::Any(filters)
            }
            node => Node::Any(vec![Self(node), other]),
        })
    }

    /// The same with the columns and values of a table.
    pub(crate) fn resolve(&self, table: &'static Table) -> Result<Condition, ProjectionError> {
        let each = |filters: &[Self]| {
            let resolved = filters.iter().map(|filter| filter.resolve(table));
            resolved.collect::<Result<Vec<_>, _>>()
        };
        Ok(match &self.0 {
            Node::Compare(name, Comparison::Equal, Cell::Null) => {
                Condition::IsNull(column(table, name)?)
            }
            Node::Compare(name, comparison, value) => {
                let column = column(table, name)?;
                Condition::Compare(column, *comparison, fit(table, column, value)?)
            }
            Node::IsNull(name) => Condition::IsNull(column(table, name)?),
            Node::In(name, values) => {
                let column = column(table, name)?;
                let values = values.iter().map(|value| fit(table, column, value));
                let mut values = values.collect::<Result<Vec<_>, _>>()?;
                values.sort_by(Cell::compare);
                values.dedup();
                if column.sql_type == SqlType::Json {
                    return Err(wrong(table, name, "is JSON, which is not compared"));
                }
                Condition::In(column, values)
            }
            Node::Match(name, place, text) => {
                let column = column(table, name)?;
                if column.sql_type != SqlType::Text {
                    return Err(wrong(table, name, "is no text"));
                }
                fit(table, column, &Cell::Text(text.clone()))?;
                Condition::Match(column, *place, text.clone())
            }
            Node::All(filters) => Condition::All(each(filters)?),
            Node::Any(filters) => Condition::Any(each(filters)?),
            Node::Not(filter) => Condition::Not(Box::new(filter.resolve(table)?)),
        })
    }
}

impl std::ops::Not for Filter {
    type Output = Self;

    /// It is false.
    fn not(self) -> Self {
        Self(Node::Not(Box::new(self)))
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self::all()
    }
}

/// A [`Filter`] that is known to fit a table: its columns are the table's, and its values what they hold. Adapters only.
///
/// A comparison with a column that holds nothing is false, and so its opposite is true.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Condition {
    /// A comparison with a value, which is never [`Cell::Null`].
    Compare(&'static Column, Comparison, Cell),
    /// The column is empty.
    IsNull(&'static Column),
    /// The column holds one of these, none of which is [`Cell::Null`].
    In(&'static Column, Vec<Cell>),
    /// The column, which holds text, has this one in it.
    Match(&'static Column, TextMatch, String),
    /// All are true: also when there are none.
    All(Vec<Self>),
    /// At least one is true.
    Any(Vec<Self>),
    /// It is false.
    Not(Box<Self>),
}

impl Condition {
    /// Whether it is true of a row, given what each column holds; for rows that a batch keeps in memory.
    pub fn holds<'a>(&self, cell: &impl Fn(&Column) -> &'a Cell) -> bool {
        match self {
            Self::Compare(column, comparison, value) => match cell(column) {
                Cell::Null => false,
                found => {
                    let order = found.compare(value);
                    match comparison {
                        Comparison::Equal => order.is_eq(),
                        Comparison::Less => order.is_lt(),
                        Comparison::AtMost => order.is_le(),
                        Comparison::Greater => order.is_gt(),
                        Comparison::AtLeast => order.is_ge(),
                    }
                }
            },
            Self::IsNull(column) => *cell(column) == Cell::Null,
            Self::In(column, values) => match cell(column) {
                Cell::Null => false,
                found => values.iter().any(|value| found.compare(value).is_eq()),
            },
            Self::Match(column, place, text) => match (cell(column), place) {
                (Cell::Text(found), TextMatch::Start) => found.starts_with(text.as_str()),
                (Cell::Text(found), TextMatch::Anywhere) => found.contains(text.as_str()),
                _ => false,
            },
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(cell)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(cell)),
            Self::Not(condition) => !condition.holds(cell),
        }
    }
}

/// The table's column of this name.
pub(crate) fn column(table: &Table, name: &str) -> Result<&'static Column, ProjectionError> {
    table.column(name).ok_or_else(|| wrong(table, name, "does not exist"))
}

pub(crate) fn wrong(table: &Table, column: &str, problem: &'static str) -> ProjectionError {
    ProjectionError::Query { table: table.name, column: column.to_owned(), problem }
}

/// The value as the column holds it.
fn fit(table: &Table, column: &'static Column, value: &Cell) -> Result<Cell, ProjectionError> {
    let fitted = match value {
        Cell::Null => Err("is compared with nothing: ask whether it is null"),
        value => column.fit(value.clone()).map_err(|_| match column.sql_type {
            SqlType::Json => "is JSON, which is not compared",
            _ => "cannot hold what it is compared with",
        }),
    };
    fitted.map_err(|problem| wrong(table, column.name, problem))
}
