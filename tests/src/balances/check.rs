//! Compares the read models with a fold of the log, all in one snapshot of the database.

use std::collections::BTreeMap;

use es_core::Part;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use uuid::Uuid;

use super::bucket_of;

/// Cents and events.
type Sum = (i64, i64);

/// What was compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// How far the read models have come; of several parts the least.
    pub position: i64,
    /// The last event of the log in the same snapshot.
    pub head: i64,
    /// How many events are in the read models.
    pub events: i64,
    /// What does not agree.
    pub differences: Vec<String>,
}

/// Compares the tables of a version with the events up to its checkpoint. Tables that are not there yet are empty.
///
/// # Errors
/// When the database cannot be asked, so that the caller may try again.
pub async fn check(
    connection: &mut PgConnection,
    version: u32,
    suffix: &str,
) -> Result<Checked, sqlx::Error> {
    let mut snapshot =
        connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
    let parts: Vec<(i32, i32, i64)> = sqlx::query_as(
        "SELECT part, parts, position FROM es.checkpoints WHERE projection = 'balances' AND version = $1",
    )
    .bind(version.cast_signed())
    .fetch_all(&mut *snapshot)
    .await?;
    let streams: Vec<Uuid> =
        sqlx::query_scalar("SELECT stream_id FROM es.streams").fetch_all(&mut *snapshot).await?;
    let mut expected: BTreeMap<Uuid, (Sum, i64)> = BTreeMap::new();
    for (part, of, position) in &parts {
        let Some(part) = Part::new(part.cast_unsigned(), of.cast_unsigned()) else { continue };
        let ours: Vec<_> = streams.iter().copied().filter(|stream| part.has(*stream)).collect();
        expected.extend(folded(&mut snapshot, *position, &ours).await?);
    }
    let position = parts.iter().map(|(.., position)| *position).min().unwrap_or(0);
    let head: i64 = sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM es.events")
        .fetch_one(&mut *snapshot)
        .await?;
    let found = Found::read(&mut snapshot, suffix, version).await?;
    snapshot.rollback().await?;
    let events = found.accounts.values().map(|((_, events), _)| events).sum();
    Ok(Checked { position, head, events, differences: found.differs_from(&expected) })
}

/// As [`check`] on a connection that works: only what does not agree.
///
/// # Panics
/// When the database cannot be asked.
pub async fn differences(connection: &mut PgConnection, version: u32, suffix: &str) -> Vec<String> {
    check(connection, version, suffix).await.expect("the database can be asked").differences
}

/// The log of some streams up to a position, folded by the server: nothing of ours has a hand in it. Events that were put aside are left out.
async fn folded(
    connection: &mut PgConnection,
    position: i64,
    streams: &[Uuid],
) -> Result<Vec<(Uuid, (Sum, i64))>, sqlx::Error> {
    let rows: Vec<(Uuid, i64, i64, i64)> = sqlx::query_as(
        "SELECT stream_id, sum((payload->>'cents')::bigint)::bigint, count(*), max(version)
         FROM es.events AS e
         WHERE position <= $1 AND stream_id = ANY ($2) AND type = 'money-moved' AND schema_version = 2
           AND NOT EXISTS (SELECT FROM es.dead_letters AS d WHERE d.position = e.position)
         GROUP BY stream_id",
    )
    .bind(position)
    .bind(streams)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(id, cents, events, last)| (id, ((cents, events), last))).collect())
}

/// What the read models say.
struct Found {
    accounts: BTreeMap<Uuid, (Sum, i64)>,
    buckets: BTreeMap<i64, Sum>,
    mishaps: Vec<String>,
}

impl Found {
    async fn read(
        connection: &mut PgConnection,
        suffix: &str,
        version: u32,
    ) -> Result<Self, sqlx::Error> {
        let there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
            .bind(format!("mishaps{suffix}"))
            .fetch_one(&mut *connection)
            .await?;
        let mut found =
            Self { accounts: BTreeMap::new(), buckets: BTreeMap::new(), mishaps: Vec::new() };
        if !there {
            return Ok(found);
        }
        let sql = format!("SELECT account, cents, events, last, made_by FROM accounts{suffix}");
        let rows: Vec<(Uuid, i64, i64, i64, i64)> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *connection).await?;
        for (account, cents, events, last, made_by) in rows {
            found.accounts.insert(account, ((cents, events), last));
            if made_by != i64::from(version) {
                found.mishaps.push(format!("account {account} is made by version {made_by}"));
            }
        }
        let sql = format!("SELECT bucket, cents, events, made_by FROM buckets{suffix}");
        let rows: Vec<(i64, i64, i64, i64)> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *connection).await?;
        for (bucket, cents, events, made_by) in rows {
            found.buckets.insert(bucket, (cents, events));
            if made_by != i64::from(version) {
                found.mishaps.push(format!("bucket {bucket} is made by version {made_by}"));
            }
        }
        let sql = format!("SELECT what FROM mishaps{suffix}");
        let rows: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut *connection).await?;
        found.mishaps.extend(rows);
        Ok(found)
    }

    fn differs_from(self, expected: &BTreeMap<Uuid, (Sum, i64)>) -> Vec<String> {
        let mut differences = self.mishaps;
        for account in expected.keys().chain(self.accounts.keys()) {
            let (found, wanted) = (self.accounts.get(account), expected.get(account));
            if found != wanted {
                differences.push(format!("account {account} is {found:?}, not {wanted:?}"));
            }
        }
        let mut wanted: BTreeMap<i64, Sum> = BTreeMap::new();
        for (account, ((cents, events), _)) in expected {
            let sum = wanted.entry(bucket_of(*account)).or_default();
            *sum = (sum.0 + cents, sum.1 + events);
        }
        if self.buckets != wanted {
            differences.push(format!("the buckets are {:?}, not {wanted:?}", self.buckets));
        }
        differences.sort_unstable();
        differences.dedup();
        differences
    }
}
