//! A row of `es.events` as an event. Nothing in a row may make the program panic: what does not fit is corrupt.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use es_core::{
    Category, EventId, EventName, Metadata, NewEvent, Payload, Position, SchemaVersion, StoreError,
    StoredEvent, StreamId, Version,
};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// 2000-01-01, from where PostgreSQL counts, in microseconds since 1970.
pub(crate) const EPOCH: i64 = 946_684_800_000_000;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// How many names are remembered of each kind.
const REMEMBERED: usize = 64;

/// Makes events of rows, and remembers names: the events of a log have few, and share them.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    categories: Vec<Category>,
    known: Known,
}

/// What is alike in many rows.
#[derive(Debug, Default)]
struct Known {
    names: Vec<EventName>,
    /// The day of the time that was read last, in days since 1970, and its date: events that are near each other in a log
    /// mostly share it, and to find a date takes longer than all else about a time.
    day: (i64, NaiveDate),
}

impl Reader {
    /// The event in a row.
    pub(crate) fn event(&mut self, row: &PgRow) -> Result<StoredEvent, StoreError> {
        let position = position(row)?;
        let mut event = || {
            let stream = Uuid::from_bytes(bytes(row, 1).ok_or("its stream")?);
            let category = text(row, 4).ok_or("its category")?;
            let category = known(&mut self.categories, category, Category::as_str, Category::new);
            let stream = StreamId::new(category.ok_or("its category")?, stream);
            fields(row, position, stream, &mut self.known)
        };
        event().map_err(|what| corrupt(Some(position), what))
    }

    /// The event in a row that was asked for as part of `stream`, and need not say so.
    pub(crate) fn event_of(
        &mut self,
        row: &PgRow,
        stream: &StreamId,
    ) -> Result<StoredEvent, StoreError> {
        let position = position(row)?;
        let category = text(row, 4);
        if category != Some(stream.category().as_str()) {
            let category = category.ok_or_else(|| corrupt(Some(position), "its category"))?;
            check_category(stream, category.to_owned())?;
        }
        let event = fields(row, position, stream.clone(), &mut self.known);
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

fn position(row: &PgRow) -> Result<i64, StoreError> {
    bytes(row, 0).map(i64::from_be_bytes).ok_or_else(|| corrupt(None, "its position"))
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
    row: &PgRow,
    position: i64,
    stream: StreamId,
    seen: &mut Known,
) -> Result<StoredEvent, &'static str> {
    let version = bytes(row, 2).map(i64::from_be_bytes).ok_or("its version")?;
    let id = Uuid::from_bytes(bytes(row, 3).ok_or("its id")?);
    let name = text(row, 5).ok_or("its type")?;
    let name = known(&mut seen.names, name, EventName::as_str, EventName::new).ok_or("its type")?;
    let schema_version = bytes(row, 6).map(i32::from_be_bytes);
    let schema_version = schema_version
        .and_then(|version| SchemaVersion::new(u32::try_from(version).ok()?))
        .ok_or("its schema version")?;
    // The server has checked that it is JSON when it was written, so the text is taken as it is.
    let payload = Payload::trusted(text(row, 7).ok_or("its payload")?);
    let metadata = metadata(text(row, 8).ok_or("its metadata")?).ok_or("its metadata")?;
    let mut time = |column| seen.time(bytes(row, column).map(i64::from_be_bytes)?);
    let occurred_at = time(9).ok_or("the time at which it occurred")?;
    let recorded_at = time(10).ok_or("the time at which it was recorded")?;
    let version = Version::new(u64::try_from(version).map_err(|_| "its version")?);
    let position = Position::new(u64::try_from(position).map_err(|_| "its position")?);
    let id = EventId::from_uuid(id);
    let mut event = NewEvent::existing(id, name, schema_version, payload, occurred_at);
    event.metadata = metadata;
    Ok(StoredEvent::record(event, stream, version, position, recorded_at))
}

impl Known {
    /// As [`micros`].
    fn time(&mut self, since_epoch: i64) -> Option<DateTime<Utc>> {
        let micros = since_epoch.checked_add(EPOCH)?;
        let (day, of_day) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
        if day != self.day.0 {
            self.day = (day, self::micros(since_epoch)?.date_naive());
        }
        let seconds = u32::try_from(of_day / 1_000_000).ok()?;
        let nanos = u32::try_from(of_day % 1_000_000).ok()? * 1_000;
        let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos)?;
        Some(self.day.1.and_time(time).and_utc())
    }
}

/// A value of fixed length, as the server sends it: the driver's own decoding looks the column's type up each time.
fn bytes<const N: usize>(row: &PgRow, column: usize) -> Option<[u8; N]> {
    row.try_get_raw(column).ok()?.as_bytes().ok()?.try_into().ok()
}

/// JSON as it was written. The driver would parse it.
pub(crate) fn text(row: &PgRow, column: usize) -> Option<&str> {
    row.try_get_raw(column).ok()?.as_str().ok()
}

/// The bytes of an event that can be many: its payload and its metadata.
pub(crate) fn size(row: &PgRow) -> usize {
    [7, 8].into_iter().filter_map(|column| text(row, column)).map(str::len).sum()
}

fn metadata(text: &str) -> Option<Metadata> {
    if text == "{}" {
        return Some(Metadata::new());
    }
    serde_json::from_str(text).ok()
}

/// Microseconds. The driver would panic at `infinity` and at years that chrono has not.
pub(crate) fn time(row: &PgRow, column: usize) -> Option<DateTime<Utc>> {
    micros(bytes(row, column).map(i64::from_be_bytes)?)
}

fn micros(since_epoch: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(since_epoch.checked_add(EPOCH)?)
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
    fn a_day_that_is_known_gives_the_same_times() {
        let mut known = Known::default();
        let near = |time: i64| [time - DAY, time - 1, time, time + 1, time + 999_999, time + DAY];
        let times = [0, -EPOCH, DAY, -DAY, 7 * DAY + 1, 1 << 60, -(1 << 60)];
        for time in times.into_iter().flat_map(near).chain([i64::MAX, i64::MIN, 5]) {
            assert_eq!(known.time(time), micros(time), "{time}");
        }
    }

    #[test]
    fn names_are_shared_and_few_are_remembered() {
        let mut seen = Vec::new();
        let mut name = |n: usize| {
            known(&mut seen, &format!("name-{n}"), EventName::as_str, EventName::new)
                .expect("valid")
        };
        for n in (0..300).chain(0..300) {
            assert_eq!(name(n), format!("name-{n}").as_str());
            assert_eq!(name(n / 2), format!("name-{}", n / 2).as_str());
        }
        assert_eq!(seen.len(), REMEMBERED);
        assert!(known(&mut seen, "\0", EventName::as_str, EventName::new).is_none());
    }

    #[test]
    fn metadata_is_read_as_written() {
        assert_eq!(metadata("{}"), Some(Metadata::new()));
        assert_eq!(metadata(r#"{"actor":"ada"}"#), Some(Metadata::new().actor("ada")));
        assert_eq!(metadata("3"), None);
    }
}
