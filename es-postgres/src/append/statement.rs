//! One append as one statement: what is sent, and what comes back.

use std::collections::HashMap;

use chrono::{DateTime, SubsecRound as _, Utc};
use es_core::{Appended, ExpectedVersion, NewEvent, Position, StreamAppend, Version};
use sqlx::PgConnection;
use uuid::Uuid;

/// The three statements for one stream; the general one costs twice as much there.
const BEGIN: &str =
    concat!(include_str!("../sql/append_begin.sql"), include_str!("../sql/append_events.sql"));
const JOIN: &str =
    concat!(include_str!("../sql/append_join.sql"), include_str!("../sql/append_events.sql"));
const MOVE: &str =
    concat!(include_str!("../sql/append_move.sql"), include_str!("../sql/append_events.sql"));
const MANY: &str = include_str!("../sql/append_many.sql");

/// Sends one statement for all `appends`. `None` for each that lost: its stream is elsewhere, and nothing of it is
/// written. An error that is a refusal means that nothing of any of them is.
///
/// Outside a transaction the server commits only after it has sent the rows, so a statement counts as done when the
/// last message has been read: `fetch_all` does that, `fetch_one` would not.
pub(crate) async fn write(
    connection: &mut PgConnection,
    appends: &[&StreamAppend],
) -> Result<Vec<Option<Appended>>, sqlx::Error> {
    match appends {
        [] => Ok(Vec::new()),
        [append] => Ok(vec![write_one(connection, append).await?]),
        appends => write_many(connection, appends).await,
    }
}

/// As [`write`], for one stream.
pub(crate) async fn write_one(
    connection: &mut PgConnection,
    append: &StreamAppend,
) -> Result<Option<Appended>, sqlx::Error> {
    let (lowest, highest) = bounds(append.expected);
    let statement = match (lowest, highest) {
        (0, 0) => BEGIN,
        (0, _) => JOIN,
        _ => MOVE,
    };
    let events = Columns::of(&append.events);
    let mut query = sqlx::query_as(statement)
        .bind(append.stream.id())
        .bind(append.stream.category().as_str())
        .bind(count(append))
        .bind(events.ids)
        .bind(events.types)
        .bind(events.schema_versions)
        .bind(events.payloads)
        .bind(events.metadata)
        .bind(events.times);
    if statement == MOVE {
        query = query.bind(lowest).bind(highest);
    }
    let rows: Vec<(i64, i64)> = query.fetch_all(connection).await?;
    Ok(rows.first().map(|(version, position)| appended(append, *version, *position)))
}

async fn write_many(
    connection: &mut PgConnection,
    appends: &[&StreamAppend],
) -> Result<Vec<Option<Appended>>, sqlx::Error> {
    let bounds = appends.iter().map(|append| bounds(append.expected));
    let (lowest, highest): (Vec<_>, Vec<_>) = bounds.unzip();
    let places = appends.iter().flat_map(|append| {
        let id = append.stream.id();
        (0..count(append)).rev().map(move |after| (id, after))
    });
    let (streams, afters): (Vec<_>, Vec<_>) = places.unzip();
    let events = Columns::of(appends.iter().flat_map(|append| &append.events));
    let rows: Vec<(Uuid, i64, i64)> = sqlx::query_as(MANY)
        .bind(appends.iter().map(|append| append.stream.id()).collect::<Vec<_>>())
        .bind(appends.iter().map(|append| append.stream.category().as_str()).collect::<Vec<_>>())
        .bind(appends.iter().map(|append| count(append)).collect::<Vec<_>>())
        .bind(lowest)
        .bind(highest)
        .bind(streams)
        .bind(afters)
        .bind(events.ids)
        .bind(events.types)
        .bind(events.schema_versions)
        .bind(events.payloads)
        .bind(events.metadata)
        .bind(events.times)
        .fetch_all(connection)
        .await?;
    // Of each stream the last.
    let written: HashMap<_, _> =
        rows.into_iter().map(|(stream, version, position)| (stream, (version, position))).collect();
    let outcome = |append: &&StreamAppend| {
        let (version, position) = *written.get(&append.stream.id())?;
        Some(appended(append, version, position))
    };
    Ok(appends.iter().map(outcome).collect())
}

/// From which to which version the stream may be at. Beyond what a version can be there is none to be found.
pub(crate) fn bounds(expected: ExpectedVersion) -> (i64, i64) {
    match expected {
        ExpectedVersion::Any => (0, i64::MAX),
        ExpectedVersion::NoStream => (0, 0),
        ExpectedVersion::StreamExists => (1, i64::MAX),
        ExpectedVersion::Exact(version) => {
            let version = i64::try_from(version.get()).unwrap_or(i64::MAX);
            (version, version)
        }
    }
}

fn count(append: &StreamAppend) -> i64 {
    i64::try_from(append.events.len()).expect("an append fits into memory")
}

/// Versions and positions are never negative: the tables check it.
fn appended(append: &StreamAppend, version: i64, position: i64) -> Appended {
    let first = version - count(append) + 1;
    Appended::new(
        Version::new(first.cast_unsigned()),
        Version::new(version.cast_unsigned()),
        Position::new(position.cast_unsigned()),
    )
}

/// Events column by column, as `unnest` wants them.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<Uuid>,
    types: Vec<&'a str>,
    schema_versions: Vec<i32>,
    payloads: Vec<&'a str>,
    metadata: Vec<String>,
    times: Vec<DateTime<Utc>>,
}

impl<'a> Columns<'a> {
    fn of(events: impl IntoIterator<Item = &'a NewEvent>) -> Self {
        let mut columns = Self::default();
        for event in events {
            columns.ids.push(event.id.as_uuid());
            columns.types.push(event.name.as_str());
            columns.schema_versions.push(event.schema_version.get().cast_signed());
            columns.payloads.push(event.payload.as_str());
            columns.metadata.push(metadata(event));
            // Here and not in the driver, which would cut times before 2000 the other way.
            columns.times.push(event.occurred_at.trunc_subsecs(6));
        }
        columns
    }
}

fn metadata(event: &NewEvent) -> String {
    if event.metadata.is_empty() {
        return "{}".to_owned();
    }
    serde_json::to_string(&event.metadata).expect("`Limits::check_all` has encoded it before")
}
