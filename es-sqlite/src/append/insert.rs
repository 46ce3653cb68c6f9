//! Rows of `es_events` on their way in.

use std::sync::LazyLock;

use es_core::{NewEvent, Part, StreamId};
use sqlx::SqliteConnection;

use crate::row::micros;

/// An event with its place in the log.
pub(crate) struct NewRow<'a> {
    pub(crate) position: i64,
    pub(crate) stream: &'a StreamId,
    pub(crate) version: i64,
    pub(crate) event: &'a NewEvent,
    /// Microseconds since 1970.
    pub(crate) recorded_at: i64,
}

/// How many rows one statement writes, from the largest to the smallest: a statement is prepared once for each.
const SIZES: [usize; 3] = [64, 8, 1];

static STATEMENTS: LazyLock<[String; SIZES.len()]> = LazyLock::new(|| {
    SIZES.map(|size| {
        let head = include_str!("../sql/append_events.sql").trim_end();
        let row = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        format!("{head} {}", vec![row; size].join(", "))
    })
});

/// Writes all rows, whose positions follow the last one.
pub(crate) async fn all(
    connection: &mut SqliteConnection,
    mut rows: &[NewRow<'_>],
) -> Result<(), sqlx::Error> {
    for (size, statement) in SIZES.into_iter().zip(STATEMENTS.iter()) {
        while let Some((now, rest)) = rows.split_at_checked(size) {
            some(connection, statement, now).await?;
            rows = rest;
        }
    }
    Ok(())
}

async fn some(
    connection: &mut SqliteConnection,
    statement: &'static str,
    rows: &[NewRow<'_>],
) -> Result<(), sqlx::Error> {
    let mut query = sqlx::query(statement);
    for NewRow { position, stream, version, event, recorded_at } in rows {
        query = query
            .bind(*position)
            .bind(stream.id().as_bytes().to_vec())
            .bind(i64::from(Part::hash(stream.id())))
            .bind(*version)
            .bind(event.id.as_uuid().as_bytes().to_vec())
            .bind(stream.category().as_str().to_owned())
            .bind(event.name.as_str().to_owned())
            .bind(i64::from(event.schema_version.get()))
            .bind(event.payload.as_str().to_owned())
            .bind(metadata(event))
            .bind(micros(event.occurred_at))
            .bind(*recorded_at);
    }
    query.execute(connection).await.map(drop)
}

fn metadata(event: &NewEvent) -> String {
    if event.metadata.is_empty() {
        return "{}".to_owned();
    }
    serde_json::to_string(&event.metadata).expect("`Limits::check_all` has encoded it before")
}
