//! One type of column, and the work that is measured on it.

use std::collections::HashSet;
use std::time::Instant;

use anyhow::{Result, ensure};
use es_core::StoredEvent;
use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Row as _};
use uuid::Uuid;

use crate::figures::{Figures, Work};

/// Rows in one statement, as when many callers append at once.
const ROWS: usize = 64;

/// Streams that are loaded one by one.
const STREAMS: usize = 3_000;

/// A type that JSON can be kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Json,
    Jsonb,
    Bytea,
}

impl Column {
    pub(crate) const ALL: [Self; 3] = [Self::Json, Self::Jsonb, Self::Bytea];

    /// Its name on the server.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Jsonb => "jsonb",
            Self::Bytea => "bytea",
        }
    }

    /// A statement for the table of this type.
    fn sql(self, text: &str) -> AssertSqlSafe<String> {
        let sent = if self == Self::Bytea { "bytea" } else { "text" };
        AssertSqlSafe(text.replace("COLUMN", self.name()).replace("SENT", sent))
    }

    /// Does all of the work once.
    #[allow(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
    pub(crate) async fn measure(
        self,
        connection: &mut PgConnection,
        events: &[StoredEvent],
        figures: &mut Figures,
    ) -> Result<()> {
        connection.execute(sqlx::raw_sql(self.sql(include_str!("sql/table.sql")))).await?;
        connection.execute("SET plan_cache_mode = force_generic_plan; CHECKPOINT").await?;
        let count = events.len() as f64;

        let begun = Instant::now();
        for rows in events.chunks(ROWS) {
            self.insert(connection, rows).await?;
        }
        figures.note(Work::Insert, self, count / begun.elapsed().as_secs_f64());
        let table = self.sql("VACUUM (FREEZE, ANALYZE) COLUMN_events");
        connection.execute(sqlx::raw_sql(table)).await?;

        let mut seen = HashSet::new();
        let ids = events.iter().map(|event| event.stream.id()).filter(|id| seen.insert(*id));
        let step = (events.len() / 20 / STREAMS).max(1);
        let ids: Vec<_> = ids.step_by(step).take(STREAMS).collect();
        let (begun, mut loaded) = (Instant::now(), 0.0);
        for id in ids {
            loaded += self.load(connection, id).await?;
        }
        figures.note(Work::Load, self, loaded / begun.elapsed().as_secs_f64());

        let begun = Instant::now();
        let mut rows = sqlx::query(self.sql(include_str!("sql/scan.sql"))).fetch(&mut *connection);
        let mut scanned = 0;
        while let Some(row) = rows.try_next().await? {
            touch(&row)?;
            scanned += 1;
        }
        drop(rows);
        ensure!(scanned == events.len(), "{scanned} of {count} events were scanned");
        figures.note(Work::Scan, self, count / begun.elapsed().as_secs_f64());

        let size = self.sql("SELECT pg_table_size('COLUMN_events')");
        let bytes: i64 = sqlx::query_scalar(size).fetch_one(&mut *connection).await?;
        figures.note(Work::Size, self, bytes as f64 / count);
        Ok(())
    }

    async fn insert(self, connection: &mut PgConnection, rows: &[StoredEvent]) -> Result<()> {
        let column = |value: fn(&StoredEvent) -> Uuid| rows.iter().map(value).collect::<Vec<_>>();
        let versions = rows.iter().map(|event| event.version.get().cast_signed());
        let names = rows.iter().map(|event| event.name.as_str());
        let payloads = rows.iter().map(|event| event.payload.as_str());
        let metadata = rows.iter().map(|event| serde_json::to_string(&event.metadata));
        let metadata = metadata.collect::<Result<Vec<_>, _>>()?;
        let query = sqlx::query(self.sql(include_str!("sql/insert.sql")))
            .bind(column(|event| event.stream.id()))
            .bind(versions.collect::<Vec<_>>())
            .bind(column(|event| event.id.as_uuid()))
            .bind(names.collect::<Vec<_>>());
        let query = if self == Self::Bytea {
            let metadata: Vec<_> = metadata.iter().map(String::as_bytes).collect();
            query.bind(payloads.map(str::as_bytes).collect::<Vec<_>>()).bind(metadata)
        } else {
            query.bind(payloads.collect::<Vec<_>>()).bind(metadata)
        };
        query.execute(connection).await?;
        Ok(())
    }

    async fn load(self, connection: &mut PgConnection, stream: Uuid) -> Result<f64> {
        let query = sqlx::query(self.sql(include_str!("sql/load.sql"))).bind(stream);
        let mut rows = query.fetch(connection);
        let mut count = 0.0;
        while let Some(row) = rows.try_next().await? {
            touch(&row)?;
            count += 1.0;
        }
        Ok(count)
    }
}

/// What every reader does: the text is looked at as JSON, and nothing is built from it.
fn touch(row: &PgRow) -> Result<()> {
    for column in ["payload", "metadata"] {
        let value = row.try_get_raw(column)?;
        let bytes = value.as_bytes().map_err(anyhow::Error::from_boxed)?;
        // The server puts a number before jsonb, the version of its binary format.
        let text = bytes.strip_prefix(&[1]).unwrap_or(bytes);
        serde_json::from_slice::<serde::de::IgnoredAny>(text)?;
    }
    Ok(())
}
