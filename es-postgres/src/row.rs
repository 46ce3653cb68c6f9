//! A row of `es.events` as an event. Nothing in a row may make the program panic: what does not fit is corrupt.

use chrono::{DateTime, Utc};
use es_core::{
    Category, EventId, EventName, Metadata, NewEvent, Payload, Position, SchemaVersion, StoreError,
    StoredEvent, StreamId, Version,
};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// 2000-01-01, from where PostgreSQL counts, in microseconds since 1970.
pub(crate) const EPOCH: i64 = 946_684_800_000_000;

/// The event in a row that was asked for as part of `stream`.
pub(crate) fn event_of(row: &PgRow, stream: &StreamId) -> Result<StoredEvent, StoreError> {
    let event = event(row)?;
    if event.stream.category() != stream.category() {
        let (stream, actual) = (stream.clone(), event.stream.category().clone());
        return Err(StoreError::WrongCategory { stream, actual });
    }
    Ok(event)
}

/// Whether a stream that is stored under `category` is the one that was meant.
pub(crate) fn check_category(stream: &StreamId, category: String) -> Result<(), StoreError> {
    if category == stream.category().as_str() {
        return Ok(());
    }
    match Category::new(category) {
        Ok(actual) => Err(StoreError::WrongCategory { stream: stream.clone(), actual }),
        Err(_) => {
            Err(StoreError::Corrupt { what: format!("the category of stream {}", stream.id()) })
        }
    }
}

/// The event in a row.
pub(crate) fn event(row: &PgRow) -> Result<StoredEvent, StoreError> {
    let corrupt = |position: Option<i64>, what: &str| StoreError::Corrupt {
        what: match position {
            Some(position) => format!("the event at position {position}: {what}"),
            None => format!("an event: {what}"),
        },
    };
    let position: i64 = row.try_get(0).map_err(|_| corrupt(None, "its position"))?;
    fields(row, position).map_err(|what| corrupt(Some(position), what))
}

/// The fields, in the order in which the statements select them; an error names the one that does not fit.
fn fields(row: &PgRow, position: i64) -> Result<StoredEvent, &'static str> {
    let stream: Uuid = row.try_get(1).map_err(|_| "its stream")?;
    let version: i64 = row.try_get(2).map_err(|_| "its version")?;
    let id: Uuid = row.try_get(3).map_err(|_| "its id")?;
    let category: String = row.try_get(4).map_err(|_| "its category")?;
    let name: String = row.try_get(5).map_err(|_| "its type")?;
    let schema_version: i32 = row.try_get(6).map_err(|_| "its schema version")?;
    let category = Category::new(category).map_err(|_| "its category")?;
    let name = EventName::new(name).map_err(|_| "its type")?;
    let schema_version = u32::try_from(schema_version)
        .ok()
        .and_then(SchemaVersion::new)
        .ok_or("its schema version")?;
    // The server has checked that it is JSON when it was written, so the text is taken as it is.
    let payload = Payload::trusted(text(row, 7).ok_or("its payload")?);
    let metadata = metadata(text(row, 8).ok_or("its metadata")?).ok_or("its metadata")?;
    let occurred_at = time(row, 9).ok_or("the time at which it occurred")?;
    let recorded_at = time(row, 10).ok_or("the time at which it was recorded")?;
    let version = u64::try_from(version).map_err(|_| "its version")?;
    let position = u64::try_from(position).map_err(|_| "its position")?;
    let event = NewEvent::raw(name, schema_version, payload)
        .id(EventId::from_uuid(id))
        .metadata(metadata)
        .occurred_at(occurred_at);
    let stream = StreamId::new(category, stream);
    Ok(StoredEvent::record(
        event,
        stream,
        Version::new(version),
        Position::new(position),
        recorded_at,
    ))
}

/// JSON as it was written. The driver would parse it.
pub(crate) fn text(row: &PgRow, column: usize) -> Option<&str> {
    row.try_get_raw(column).ok()?.as_str().ok()
}

fn metadata(text: &str) -> Option<Metadata> {
    if text == "{}" {
        return Some(Metadata::new());
    }
    serde_json::from_str(text).ok()
}

/// Eight bytes, big end first: microseconds. The driver would panic at `infinity` and at years that chrono has not.
pub(crate) fn time(row: &PgRow, column: usize) -> Option<DateTime<Utc>> {
    let bytes = row.try_get_raw(column).ok()?.as_bytes().ok()?;
    micros(i64::from_be_bytes(bytes.try_into().ok()?))
}

fn micros(since_epoch: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(since_epoch.checked_add(EPOCH)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_chrono_has_not_are_no_panic() {
        assert_eq!(
            micros(0).map(|time| time.to_rfc3339()).as_deref(),
            Some("2000-01-01T00:00:00+00:00")
        );
        assert_eq!(micros(i64::MAX), None);
        assert_eq!(micros(i64::MIN), None);
    }

    #[test]
    fn metadata_is_read_as_written() {
        assert_eq!(metadata("{}"), Some(Metadata::new()));
        assert_eq!(metadata(r#"{"actor":"ada"}"#), Some(Metadata::new().actor("ada")));
        assert_eq!(metadata("3"), None);
    }
}
