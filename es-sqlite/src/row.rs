//! A row of `es_events` as an event. Nothing in a row may make the program panic: what does not fit is corrupt.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use es_core::{
    Category, EventId, EventName, Metadata, NewEvent, Payload, Position, SchemaVersion, StoreError,
    StoredEvent, StreamId, Version,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row as _, Sqlite, ValueRef as _};
use uuid::Uuid;

/// How many names are remembered of each kind.
const REMEMBERED: usize = 64;

/// Makes events of rows, and remembers names: the events of a log have few, and share them.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    categories: Vec<Category>,
    names: Vec<EventName>,
}

impl Reader {
    /// The event in a row.
    pub(crate) fn event(&mut self, row: &SqliteRow) -> Result<StoredEvent, StoreError> {
        let position = position(row)?;
        let mut event = || {
            let stream = uuid(row, 1).ok_or("its stream")?;
            let category = value(row, 4).ok_or("its category")?;
            let category = known(&mut self.categories, category, Category::as_str, Category::new);
            let stream = StreamId::new(category.ok_or("its category")?, stream);
            fields(row, position, stream, &mut self.names)
        };
        event().map_err(|what| corrupt(Some(position), what))
    }

    /// The event in a row that was asked for as part of `stream`, and need not say so.
    pub(crate) fn event_of(
        &mut self,
        row: &SqliteRow,
        stream: &StreamId,
    ) -> Result<StoredEvent, StoreError> {
        let position = position(row)?;
        let category = value(row, 4).ok_or_else(|| corrupt(Some(position), "its category"))?;
        check_category(stream, category)?;
        let event = fields(row, position, stream.clone(), &mut self.names);
        event.map_err(|what| corrupt(Some(position), what))
    }
}

/// A name that was met before, or a new one to be remembered; those that come often move to the front.
fn known<T: Clone, E>(
    seen: &mut Vec<T>,
    text: &str,
    of: impl Fn(&T) -> &str,
    new: impl Fn(String) -> Result<T, E>,
) -> Option<T> {
    if let Some(at) = seen.iter().position(|name| of(name) == text) {
        let name = seen[at].clone();
        seen.swap(at, at / 2);
        return Some(name);
    }
    let name = new(text.to_owned()).ok()?;
    seen.truncate(REMEMBERED - 1);
    seen.push(name.clone());
    Some(name)
}

fn position(row: &SqliteRow) -> Result<i64, StoreError> {
    value(row, 0).ok_or_else(|| corrupt(None, "its position"))
}

#[cold]
fn corrupt(position: Option<i64>, what: &str) -> StoreError {
    let what = match position {
        Some(position) => format!("the event at position {position}: {what}"),
        None => format!("an event: {what}"),
    };
    StoreError::Corrupt { what }
}

/// The fields, in the order in which the statements select them; an error names the one that does not fit.
fn fields(
    row: &SqliteRow,
    position: i64,
    stream: StreamId,
    names: &mut Vec<EventName>,
) -> Result<StoredEvent, &'static str> {
    let version: i64 = value(row, 2).ok_or("its version")?;
    let id = uuid(row, 3).ok_or("its id")?;
    let name = value(row, 5).ok_or("its type")?;
    let name = known(names, name, EventName::as_str, EventName::new).ok_or("its type")?;
    let schema_version: i64 = value(row, 6).ok_or("its schema version")?;
    let schema_version = u32::try_from(schema_version).ok().and_then(SchemaVersion::new);
    let schema_version = schema_version.ok_or("its schema version")?;
    let payload: &str = value(row, 7).ok_or("its payload")?;
    let metadata = metadata(value(row, 8).ok_or("its metadata")?).ok_or("its metadata")?;
    let occurred_at = time(row, 9).ok_or("the time at which it occurred")?;
    let recorded_at = time(row, 10).ok_or("the time at which it was recorded")?;
    let version = Version::new(u64::try_from(version).map_err(|_| "its version")?);
    let position = Position::new(u64::try_from(position).map_err(|_| "its position")?);
    let id = EventId::from_uuid(id);
    // Nobody checks what a text column holds; a payload that is no JSON fails where it is decoded, with the event's name.
    let payload = Payload::trusted(payload);
    let mut event = NewEvent::existing(id, name, schema_version, payload, occurred_at);
    event.metadata = metadata;
    Ok(StoredEvent::record(event, stream, version, position, recorded_at))
}

/// A value that is not null. SQLite itself would make 0 or an empty text of null, and whatever else is asked for of the rest.
pub(crate) fn value<'r, T: Decode<'r, Sqlite>>(row: &'r SqliteRow, column: usize) -> Option<T> {
    let raw = row.try_get_raw(column).ok().filter(|raw| !raw.is_null())?;
    T::decode(raw).ok()
}

pub(crate) fn uuid(row: &SqliteRow, column: usize) -> Option<Uuid> {
    Uuid::from_slice(value(row, column)?).ok()
}

fn metadata(text: &str) -> Option<Metadata> {
    if text == "{}" {
        return Some(Metadata::new());
    }
    serde_json::from_str(text).ok()
}

pub(crate) fn time(row: &SqliteRow, column: usize) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(value(row, column)?)
}

/// A time as columns hold it. A leap second is the first of the next minute.
pub(crate) fn micros(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros()
}

/// UUIDs as a JSON array, for statements that take any number of them.
pub(crate) fn hex_list(ids: impl Iterator<Item = Uuid>) -> String {
    let mut list = String::from("[");
    for id in ids {
        let comma = if list.len() > 1 { "," } else { "" };
        write!(list, "{comma}\"{}\"", id.simple()).expect("a string takes everything");
    }
    list.push(']');
    list
}

/// Whether a stream that is stored under `category` is the one that was meant.
pub(crate) fn check_category(stream: &StreamId, category: &str) -> Result<(), StoreError> {
    if category == stream.category().as_str() {
        return Ok(());
    }
    match Category::new(category.to_owned()) {
        Ok(actual) => Err(StoreError::WrongCategory { stream: stream.clone(), actual }),
        Err(_) => {
            Err(StoreError::Corrupt { what: format!("the category of stream {}", stream.id()) })
        }
    }
}
