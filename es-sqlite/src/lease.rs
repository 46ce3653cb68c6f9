//! Leases: who runs which part of a projection. A part's row in `es_checkpoints` holds its lease.
//!
//! Nobody else writes while leases are given, so that takes a few plain statements. All who do it are on one machine, and its
//! clock counts, looked at when the right to write is had. It may be set: forward, and leases end early, but their owners
//! go on unless somebody was faster; back, and a lease ends no later than if it had been given after that, and a worker
//! is counted again as soon as it asks.

use std::time::Duration;

use chrono::Utc;
use es_core::{Epoch, Lease, LeaseRequest, Leases, Part, StoreError};
use uuid::Uuid;

use crate::error::store_error;
use crate::row::micros;
use crate::store::SqliteStore;
use crate::writing::Writing;

/// So long that nothing overflows.
const LONGEST: i64 = i64::MAX / 4;

/// What a look at a projection finds: the version that serves, the split, how many parts have a row, whether any has begun,
/// the highest epoch.
type Found = (Option<i64>, i64, i64, bool, i64);

impl SqliteStore {
    pub(crate) async fn take_leases(
        &self,
        request: LeaseRequest<'_>,
    ) -> Result<Leases, StoreError> {
        let mut writing = self.write().await?;
        let done = give(&mut writing, request, micros(Utc::now())).await;
        writing.end(done).await
    }

    pub(crate) async fn end_lease(
        &self,
        name: &str,
        version: u32,
        lease: Lease,
    ) -> Result<(), StoreError> {
        let release = sqlx::query(include_str!("sql/lease_release.sql"))
            .bind(name.to_owned())
            .bind(i64::from(version))
            .bind(i64::from(lease.part.number()))
            .bind(i64::from(lease.part.of()))
            .bind(lease.epoch.get().cast_signed());
        self.change(release).await.map(drop)
    }

    pub(crate) async fn leave_list(
        &self,
        name: &str,
        version: u32,
        owner: Uuid,
    ) -> Result<(), StoreError> {
        let leave = sqlx::query(include_str!("sql/lease_leave.sql"))
            .bind(name.to_owned())
            .bind(i64::from(version))
            .bind(owner.as_bytes().to_vec());
        self.change(leave).await.map(drop)
    }
}

async fn give(
    writing: &mut Writing,
    request: LeaseRequest<'_>,
    now: i64,
) -> Result<Leases, StoreError> {
    let LeaseRequest { name, version, parts, owner, duration, .. } = request;
    let (owner, duration) = (owner.as_bytes().to_vec(), length(duration));
    split(writing, request, now).await?;

    let clock = sqlx::query(include_str!("sql/lease_clock.sql")).bind(name.to_owned());
    writing.run(clock.bind(i64::from(version)).bind(now)).await?;
    writing.run(sqlx::query(include_str!("sql/lease_silent.sql")).bind(now)).await?;
    let asks = |statement: &'static str| {
        let statement = sqlx::query(statement).bind(name.to_owned()).bind(i64::from(version));
        statement.bind(owner.clone()).bind(now).bind(duration)
    };
    writing.run(asks(include_str!("sql/lease_seen.sql"))).await?;
    let workers: i64 = sqlx::query_scalar(include_str!("sql/lease_workers.sql"))
        .bind(name.to_owned())
        .bind(i64::from(version))
        .fetch_one(&mut **writing)
        .await
        .map_err(|e| store_error(&e))?;
    let share = u64::from(parts).div_ceil(workers.cast_unsigned().max(1));

    let held = writing.run(asks(include_str!("sql/lease_extend.sql"))).await?;
    if held < share {
        let free = (share - held).cast_signed();
        writing.run(asks(include_str!("sql/lease_take.sql")).bind(free)).await?;
    }
    let held: Vec<(i64, i64, bool)> = sqlx::query_as(include_str!("sql/lease_held.sql"))
        .bind(name.to_owned())
        .bind(i64::from(version))
        .bind(owner)
        .fetch_all(&mut **writing)
        .await
        .map_err(|e| store_error(&e))?;
    let leases = held.into_iter().filter_map(|(part, epoch, unclean)| {
        let part = Part::new(u32::try_from(part).ok()?, parts)?;
        Some(Lease::new(part, Epoch::new(epoch.cast_unsigned()), unclean))
    });
    Ok(Leases::new(leases.collect(), usize::try_from(share).unwrap_or(usize::MAX)))
}

/// Makes the rows that are missing. Rows of another split are made anew as long as nothing has begun, and whoever held one
/// commits nothing more.
async fn split(
    writing: &mut Writing,
    request: LeaseRequest<'_>,
    now: i64,
) -> Result<(), StoreError> {
    let LeaseRequest { name, version, parts, .. } = request;
    let (serving, split, rows, begun, epoch): Found =
        sqlx::query_as(include_str!("sql/lease_look.sql"))
            .bind(name.to_owned())
            .bind(i64::from(version))
            .bind(i64::from(parts))
            .fetch_one(&mut **writing)
            .await
            .map_err(|e| store_error(&e))?;
    let number = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    if let Some(by) = serving.map(number).filter(|by| *by > version) {
        return Err(StoreError::Superseded { projection: name.to_owned(), version, by });
    }
    let same = number(split) == parts;
    if same && rows >= i64::from(parts) {
        return Ok(());
    }
    if !same {
        if begun {
            let projection = name.to_owned();
            return Err(StoreError::Parts { projection, found: number(split), asked: parts });
        }
        let unsplit = sqlx::query(include_str!("sql/lease_unsplit.sql"));
        writing.run(unsplit.bind(name.to_owned()).bind(i64::from(version))).await?;
    }
    let make = sqlx::query(include_str!("sql/lease_split.sql"))
        .bind(name.to_owned())
        .bind(i64::from(version))
        .bind(i64::from(parts))
        .bind(epoch + 1)
        .bind(now);
    writing.run(make).await.map(drop)
}

/// In microseconds.
fn length(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(LONGEST).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    /// A time, in minutes.
    fn at(minutes: i64) -> i64 {
        micros(Utc::now()) / 1_000_000 * 1_000_000 + minutes * 60_000_000
    }

    async fn ask(store: &SqliteStore, owner: Uuid, now: i64) -> Leases {
        let mut writing = store.write().await.expect("it can be written");
        let request = LeaseRequest::new("sums", 1, 2, owner, MINUTE);
        let leases = give(&mut writing, request, now).await;
        writing.end(leases).await.expect("leases can be asked for")
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_keeps_nobody_from_a_lease() {
        let store = SqliteStore::in_memory().await.expect("a store in memory");
        let (gone, other) = (Uuid::now_v7(), Uuid::now_v7());
        let held = ask(&store, gone, at(600)).await;
        assert_eq!((held.held.len(), held.share), (2, 2));
        // Ten hours back, and one owner is not there any more.
        let now = at(0);
        let first = ask(&store, other, now).await;
        assert_eq!(first.held.len(), 0, "its owner has as long as if he had just asked");
        assert_eq!(first.share, 2, "nobody has been heard of since");
        let taken = ask(&store, other, now + length(MINUTE)).await.held;
        assert_eq!(taken.len(), 2, "and no longer: {taken:?}");
        assert!(taken.iter().all(|lease| lease.unclean), "{taken:?}");
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_ends_no_lease_of_who_is_there() {
        let store = SqliteStore::in_memory().await.expect("a store in memory");
        let (owner, other) = (Uuid::now_v7(), Uuid::now_v7());
        let held = ask(&store, owner, at(600)).await.held;
        let now = at(0);
        assert_eq!(ask(&store, other, now).await.held, []);
        let half = length(MINUTE) / 2;
        let again = ask(&store, owner, now + half).await;
        assert_eq!((&again.held, again.share), (&held, 1), "it goes on, and there are two");
        let later = ask(&store, other, now + 2 * half).await;
        assert_eq!((later.held.len(), later.share), (0, 1), "it was extended");
    }
}
