//! What readers of the log wait for, for whoever has to find out why nothing comes.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use es_core::{Position, StoreError};
use futures_util::TryStreamExt as _;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::error::store_error;
use crate::store::PgStore;

/// Positions at which nothing is to be seen yet, but may come: somebody has drawn them and not committed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hole {
    /// Readers have come up to here, and the hole is right behind it.
    pub settled: Position,
    /// They go on up to here, at least, when everybody of [`holders`](Self::holders) has ended.
    pub last: Position,
    /// For how long this store has known of it: since the first look that met it.
    pub open_for: Duration,
    /// Who may be appending, the longest first. One of those who were there when the hole was met.
    pub holders: Vec<HoleHolder>,
}

impl Hole {
    /// Who may be appending, in words.
    pub(crate) fn held_by(&self) -> String {
        let holders = self.holders.iter().map(|holder| {
            let pid = holder.pid.map(|pid| format!("pid {pid}"));
            let prepared =
                holder.prepared.as_ref().map(|gid| format!("prepared transaction {gid:?}"));
            let application = holder.application.as_deref().filter(|name| !name.is_empty());
            let application = application.map(|name| format!(" ({name})")).unwrap_or_default();
            prepared.or(pid).unwrap_or_else(|| "somebody".to_owned()) + &application
        });
        holders.collect::<Vec<_>>().join(", ")
    }
}

/// A transaction that has appended and not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HoleHolder {
    /// The process of the server, to be given to `pg_terminate_backend`; none for a prepared transaction.
    pub pid: Option<i32>,
    /// The database's user, as far as this one may know.
    pub user: Option<String>,
    /// The name that the program has given to its connection.
    pub application: Option<String>,
    /// What the process does, as `pg_stat_activity` says it: `idle in transaction`, for one.
    pub state: Option<String>,
    /// When the transaction began, or was prepared.
    pub since: Option<DateTime<Utc>>,
    /// For how long that is, by the server's clock.
    pub open_for: Option<Duration>,
    /// The name of a prepared transaction, to be given to `COMMIT PREPARED` or `ROLLBACK PREPARED`.
    pub prepared: Option<String>,
}

/// What the agent remembers of the hole that it stands before.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) settled: i64,
    pub(crate) last: i64,
    pub(crate) since: Instant,
    /// Virtual transaction ids.
    pub(crate) holders: Vec<String>,
}

impl PgStore {
    /// What readers of the log wait for at this moment, if they do. Looks at the log anew; two more statements.
    ///
    /// # Errors
    /// [`StoreError`] when the server cannot be asked.
    pub async fn hole(&self) -> Result<Option<Hole>, StoreError> {
        self.settled_position().await?;
        let Some(known) = self.settled_log().hole().await else { return Ok(None) };
        let statement = || sqlx::query(include_str!("sql/hole.sql"));
        let present = self.rows(statement, |row| holder(row).map_err(|e| store_error(&e)));
        let present: Vec<(String, HoleHolder)> = present.try_collect().await?;
        let holders = present.into_iter().filter(|(name, _)| known.holders.contains(name));
        let holders = holders.map(|(_, holder)| holder).collect();
        let position = |position: i64| Position::new(position.cast_unsigned());
        Ok(Some(Hole {
            settled: position(known.settled),
            last: position(known.last),
            open_for: known.since.elapsed(),
            holders,
        }))
    }
}

/// Whoever holds the lock, by the name of its transaction.
fn holder(row: &PgRow) -> Result<(String, HoleHolder), sqlx::Error> {
    let seconds: Option<f64> = row.try_get("seconds")?;
    let holder = HoleHolder {
        pid: row.try_get("pid")?,
        user: row.try_get("user_name")?,
        application: row.try_get("application_name")?,
        state: row.try_get("state")?,
        since: row.try_get("since")?,
        open_for: seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()),
        prepared: row.try_get("gid")?,
    };
    Ok((row.try_get("transaction")?, holder))
}
