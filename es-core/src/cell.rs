//! What one column of one row holds, as every store can keep and compare it.

use std::cmp::Ordering;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};
use uuid::Uuid;

use crate::column::{Column, SqlType};
use crate::store::truncate_to_micros;

/// What a column of a row holds, or is compared with.
///
/// A [`Filter`](crate::Filter) takes whatever becomes one: numbers, text, `bool`, `Uuid`, `DateTime<Utc>`, `NaiveDate`,
/// `Decimal` (feature `decimal`), and `Option`s of these. Text is read as what the column holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Cell {
    /// Nothing.
    Null,
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A finite floating-point number.
    Real(f64),
    /// An exact decimal number: digits with at most one sign and one point.
    Decimal(String),
    /// True or false.
    Boolean(bool),
    /// A UUID.
    Uuid(Uuid),
    /// A moment in UTC, to the microsecond.
    Timestamp(DateTime<Utc>),
    /// A day.
    Date(NaiveDate),
    /// JSON text.
    Json(String),
}

impl Cell {
    /// As JSON: what serde made it of.
    pub(crate) fn write_json(&self, json: &mut String) {
        let quoted = |text: &str| format!("\"{text}\"");
        json.push_str(&match self {
            Self::Null => "null".to_owned(),
            Self::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Real(number) => serde_json::Value::from(*number).to_string(),
            Self::Decimal(number) => quoted(number),
            Self::Boolean(is) => is.to_string(),
            Self::Uuid(id) => quoted(&id.to_string()),
            Self::Timestamp(time) => quoted(&time.to_rfc3339_opts(SecondsFormat::Micros, true)),
            Self::Date(day) => quoted(&day.to_string()),
            Self::Json(text) => text.clone(),
        });
    }

    /// How stores sort what a column holds: text by its bytes, and nothing after everything. Adapters only.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Greater,
            (_, Self::Null) => Ordering::Less,
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Real(a), Self::Real(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Self::Decimal(a), Self::Decimal(b)) => compare_decimals(a, b),
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::Uuid(a), Self::Uuid(b)) => a.cmp(b),
            (Self::Timestamp(a), Self::Timestamp(b)) => a.cmp(b),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            // A column holds values of one kind only, and JSON is never compared.
            _ => Ordering::Equal,
        }
    }
}

impl Column {
    /// The value as this column holds it, or why it cannot.
    pub(crate) fn fit(&self, value: Cell) -> Result<Cell, &'static str> {
        match (self.sql_type, value) {
            (_, Cell::Null) if self.nullable => Ok(Cell::Null),
            (_, Cell::Null) => Err("is null, but is no `Option`"),
            (SqlType::Text, Cell::Text(text)) if text.contains('\0') => {
                Err("holds a NUL character, which not every store can keep")
            }
            (SqlType::Text, Cell::Text(text)) => Ok(Cell::Text(text)),
            (_, Cell::Text(text)) => self.fit_text(&text),
            (SqlType::Real, Cell::Real(number)) if number.is_finite() => Ok(Cell::Real(number)),
            #[expect(clippy::cast_precision_loss, reason = "the column has no more precision")]
            (SqlType::Real, Cell::Integer(number)) => Ok(Cell::Real(number as f64)),
            (SqlType::Decimal, Cell::Integer(number)) => Ok(Cell::Decimal(number.to_string())),
            (SqlType::Timestamp, Cell::Timestamp(time)) if is_plain(&time) => {
                Ok(Cell::Timestamp(truncate_to_micros(time)))
            }
            (SqlType::Date, Cell::Date(day)) if is_plain(&day) => Ok(Cell::Date(day)),
            (SqlType::Integer, value @ Cell::Integer(_))
            | (SqlType::Decimal, value @ Cell::Decimal(_))
            | (SqlType::Boolean, value @ Cell::Boolean(_))
            | (SqlType::Uuid, value @ Cell::Uuid(_)) => Ok(value),
            _ => Err(self.unfit()),
        }
    }

    /// Text as what this column holds: serde writes much as text that is something else.
    pub(crate) fn fit_text(&self, text: &str) -> Result<Cell, &'static str> {
        let parsed = match self.sql_type {
            SqlType::Text => return self.fit(Cell::Text(text.to_owned())),
            SqlType::Uuid => Uuid::parse_str(text).ok().map(Cell::Uuid),
            SqlType::Timestamp => text.parse().ok().map(Cell::Timestamp),
            SqlType::Date => text.parse().ok().map(Cell::Date),
            SqlType::Decimal => is_decimal(text).then(|| Cell::Decimal(text.to_owned())),
            _ => None,
        };
        self.fit(parsed.ok_or_else(|| self.unfit())?)
    }

    const fn unfit(&self) -> &'static str {
        match self.sql_type {
            SqlType::Text => "is no text",
            SqlType::Integer => "is no whole number of 64 bits with a sign",
            SqlType::Real => "is no finite number",
            SqlType::Decimal => "is no decimal number",
            SqlType::Boolean => "is neither true nor false",
            SqlType::Uuid => "is no UUID",
            SqlType::Timestamp => "is no moment in the years 1 to 9999",
            SqlType::Date => "is no day in the years 1 to 9999",
            SqlType::Json => "is JSON, which is not compared",
        }
    }
}

/// Other years have a sign in front, or do not exist in every store.
fn is_plain(time: &impl Datelike) -> bool {
    (1..=9999).contains(&time.year())
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

/// How stores sort decimal numbers, which travel as text: by value, so that `1.10` is `1.1`, and `-0` is `0`. Adapters only.
pub fn compare_decimals(a: &str, b: &str) -> Ordering {
    fn parts(text: &str) -> (bool, &str, &str) {
        let negative = text.starts_with('-');
        let digits = text.trim_start_matches(['-', '+']);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        (negative && !(whole.is_empty() && fraction.is_empty()), whole, fraction)
    }
    let ((a_negative, a_whole, a_fraction), (b_negative, b_whole, b_fraction)) =
        (parts(a), parts(b));
    let sizes = (a_whole.len(), a_whole, a_fraction).cmp(&(b_whole.len(), b_whole, b_fraction));
    match (a_negative, b_negative) {
        (false, false) => sizes,
        (true, true) => sizes.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

macro_rules! cells {
    ($($type:ty: $value:ident => $cell:expr),+ $(,)?) => {$(
        impl From<$type> for Cell {
            fn from($value: $type) -> Self {
                $cell
            }
        }
    )+};
}

cells! {
    String: text => Self::Text(text),
    &str: text => Self::Text(text.to_owned()),
    &String: text => Self::Text(text.clone()),
    i16: n => Self::Integer(n.into()),
    i32: n => Self::Integer(n.into()),
    i64: n => Self::Integer(n),
    u8: n => Self::Integer(n.into()),
    u16: n => Self::Integer(n.into()),
    u32: n => Self::Integer(n.into()),
    // A number that no column holds is refused where the column is known.
    u64: n => i64::try_from(n).map_or_else(|_| Self::Text(n.to_string()), Self::Integer),
    f64: n => Self::Real(n),
    bool: is => Self::Boolean(is),
    Uuid: id => Self::Uuid(id),
    DateTime<Utc>: time => Self::Timestamp(time),
    NaiveDate: day => Self::Date(day),
}

#[cfg(feature = "decimal")]
cells!(rust_decimal::Decimal: n => Self::Decimal(n.to_string()));

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_compared_by_value() {
        let rising = [
            "-79228162514264337593543950335",
            "-10",
            "-9.5",
            "-0.01",
            "0",
            "0.5",
            "2",
            "10.01",
            "10.1",
        ];
        for (i, a) in rising.iter().enumerate() {
            for (j, b) in rising.iter().enumerate() {
                assert_eq!(compare_decimals(a, b), i.cmp(&j), "{a} and {b}");
            }
        }
        for (a, b) in [("1.10", "1.1"), ("-0.0", "0"), ("007", "+7"), ("5.", "5.00")] {
            assert_eq!(compare_decimals(a, b), Ordering::Equal, "{a} and {b}");
        }
    }

    #[test]
    fn decimals_are_digits() {
        for good in ["0", "-1.50", "+3"] {
            assert!(is_decimal(good), "{good}");
        }
        for bad in ["", "-", "1.", ".5", "NaN", "1e5", "1.2.3", "--1"] {
            assert!(!is_decimal(bad), "{bad}");
        }
    }
}
