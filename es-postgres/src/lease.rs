//! Leases: who runs which part of a projection. A part's row in `es.checkpoints` holds its lease.

use es_core::{Epoch, Lease, LeaseRequest, Leases, Part, Position, ProjectionPart, StoreError};
use uuid::Uuid;

use crate::error::store_error;
use crate::projection::{bigint, integer};
use crate::store::{By, PgStore};

/// What a look at a projection finds: the version that serves, the split, how many parts have a row, whether any has begun.
type Found = (Option<i32>, i32, i64, bool);

/// A share, and a lease if there is one.
type Held = (i64, Option<i32>, Option<i64>, Option<bool>);

impl PgStore {
    /// Two statements; a third one when the rows of the parts have to be made.
    pub(crate) async fn take_leases(
        &self,
        request: LeaseRequest<'_>,
    ) -> Result<Leases, StoreError> {
        let LeaseRequest { name, version, parts, owner, duration, .. } = request;
        let (stored_version, stored_parts) = (integer(version)?, integer(parts)?);
        let mut connection = self.acquire(By::Subscription).await?;
        let found: Found = sqlx::query_as(include_str!("sql/lease_look.sql"))
            .bind(name)
            .bind(stored_version)
            .bind(stored_parts)
            .fetch_one(&mut *connection)
            .await
            .map_err(|e| store_error(&e))?;
        if is_incomplete(found, request)? {
            sqlx::query(include_str!("sql/lease_split.sql"))
                .bind(name)
                .bind(stored_version)
                .bind(stored_parts)
                .execute(&mut *connection)
                .await
                .map_err(|e| store_error(&e))?;
        }
        let held: Vec<Held> = sqlx::query_as(include_str!("sql/lease_take.sql"))
            .bind(name)
            .bind(stored_version)
            .bind(stored_parts)
            .bind(owner)
            .bind(duration.as_secs_f64())
            .fetch_all(&mut *connection)
            .await
            .map_err(|e| store_error(&e))?;
        let share = held.first().map_or(0, |(share, ..)| usize::try_from(*share).unwrap_or(0));
        let leases = held.into_iter().filter_map(|(_, part, epoch, unclean)| {
            let part = Part::new(part?.cast_unsigned(), parts)?;
            Some(Lease::new(part, Epoch::new(epoch?.cast_unsigned()), unclean?))
        });
        Ok(Leases::new(leases.collect(), share))
    }

    pub(crate) async fn end_lease(
        &self,
        name: &str,
        version: u32,
        lease: Lease,
    ) -> Result<(), StoreError> {
        let mut connection = self.acquire(By::Subscription).await?;
        sqlx::query(include_str!("sql/lease_release.sql"))
            .bind(name)
            .bind(integer(version)?)
            .bind(integer(lease.part.number())?)
            .bind(integer(lease.part.of())?)
            .bind(lease.epoch.get().cast_signed())
            .execute(&mut *connection)
            .await
            .map(drop)
            .map_err(|e| store_error(&e))
    }

    pub(crate) async fn leave_list(
        &self,
        name: &str,
        version: u32,
        owner: Uuid,
    ) -> Result<(), StoreError> {
        let mut connection = self.acquire(By::Subscription).await?;
        sqlx::query(include_str!("sql/lease_leave.sql"))
            .bind(name)
            .bind(integer(version)?)
            .bind(owner)
            .execute(&mut *connection)
            .await
            .map(drop)
            .map_err(|e| store_error(&e))
    }

    pub(crate) async fn count_attempt(
        &self,
        part: &ProjectionPart,
        epoch: Epoch,
        position: Position,
    ) -> Result<u32, StoreError> {
        let mut connection = self.acquire(By::Subscription).await?;
        let attempts: Option<i32> = sqlx::query_scalar(include_str!("sql/attempt_note.sql"))
            .bind(&part.name)
            .bind(integer(part.version)?)
            .bind(integer(part.part.number())?)
            .bind(integer(part.part.of())?)
            .bind(epoch.get().cast_signed())
            .bind(bigint(position)?)
            .fetch_optional(&mut *connection)
            .await
            .map_err(|e| store_error(&e))?;
        attempts.map(i32::cast_unsigned).ok_or_else(|| taken_over(part))
    }

    pub(crate) async fn find_begun(&self, part: &ProjectionPart) -> Result<bool, StoreError> {
        let mut connection = self.acquire(By::Subscription).await?;
        sqlx::query_scalar(include_str!("sql/checkpoint_begun.sql"))
            .bind(&part.name)
            .bind(integer(part.version)?)
            .bind(integer(part.part.number())?)
            .fetch_one(&mut *connection)
            .await
            .map_err(|e| store_error(&e))
    }

    pub(crate) async fn find_attempts(
        &self,
        part: &ProjectionPart,
    ) -> Result<Option<(Position, u32)>, StoreError> {
        let mut connection = self.acquire(By::Subscription).await?;
        let found: Option<(i64, i32)> = sqlx::query_as(include_str!("sql/attempts_find.sql"))
            .bind(&part.name)
            .bind(integer(part.version)?)
            .bind(integer(part.part.number())?)
            .fetch_optional(&mut *connection)
            .await
            .map_err(|e| store_error(&e))?;
        let found = found.map(|(position, attempts)| {
            (Position::new(position.cast_unsigned()), attempts.cast_unsigned())
        });
        Ok(found)
    }

    pub(crate) async fn drop_attempts(
        &self,
        part: &ProjectionPart,
        epoch: Epoch,
    ) -> Result<(), StoreError> {
        let mut connection = self.acquire(By::Subscription).await?;
        let done = sqlx::query(include_str!("sql/attempt_forget.sql"))
            .bind(&part.name)
            .bind(integer(part.version)?)
            .bind(integer(part.part.number())?)
            .bind(integer(part.part.of())?)
            .bind(epoch.get().cast_signed())
            .execute(&mut *connection)
            .await
            .map_err(|e| store_error(&e))?;
        if done.rows_affected() == 0 { Err(taken_over(part)) } else { Ok(()) }
    }
}

/// Whether rows have to be made before anything can be leased.
fn is_incomplete(found: Found, request: LeaseRequest<'_>) -> Result<bool, StoreError> {
    let LeaseRequest { name, version, parts, .. } = request;
    let (serving, split, rows, begun) = found;
    let projection = name.to_owned();
    if let Some(by) = serving.map(i32::cast_unsigned).filter(|by| *by > version) {
        return Err(StoreError::Superseded { projection, version, by });
    }
    match split.cast_unsigned() {
        found if found == parts => Ok(rows < i64::from(parts)),
        found if begun => Err(StoreError::Parts { projection, found, asked: parts }),
        _ => Ok(true),
    }
}

fn taken_over(part: &ProjectionPart) -> StoreError {
    StoreError::CheckpointMoved { projection: part.name.clone() }
}
