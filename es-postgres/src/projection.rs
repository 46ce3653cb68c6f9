//! Projections: a batch is one transaction, with the read models' rows and the checkpoint in it.

use es_core::{
    BatchStart, Cause, Checkpoint, EventId, FoundRow, Position, ProjectionError, ProjectionPart,
    ProjectionStore, ResolvedQuery, RowSelection, StoreError, Table,
};
use uuid::Uuid;

use crate::batch::PgBatch;
use crate::store::{By, PgStore};
use crate::table;
use crate::transaction::Silence;

impl ProjectionStore for PgStore {
    type Batch = PgBatch;

    async fn ensure_table(&self, table: &'static Table) -> Result<(), StoreError> {
        table::ensure(self.transaction().await?, table).await
    }

    async fn checkpoint(&self, part: &ProjectionPart) -> Result<Checkpoint, StoreError> {
        let (version, number) = (integer(part.version)?, integer(part.part.number())?);
        let find = || {
            sqlx::query(include_str!("sql/checkpoint_find.sql"))
                .bind(&part.name)
                .bind(version)
                .bind(number)
        };
        let mut found: Vec<(i64, Option<Uuid>, i32, bool)> =
            self.ask(By::Subscription, find).await?;
        let Some((position, event, parts, of_this_log)) = found.pop() else {
            return Ok(Checkpoint::default());
        };
        if !of_this_log {
            let what = "it was kept in another one".to_owned();
            return Err(StoreError::ForeignCheckpoint { projection: part.clone(), what });
        }
        let (projection, asked) = (part.name.clone(), part.part.of());
        match parts.cast_unsigned() {
            found if found == asked => Ok(checkpoint(position, event)),
            found => Err(StoreError::Parts { projection, found, asked }),
        }
    }

    async fn fits(&self, part: &ProjectionPart, checkpoint: Checkpoint) -> Result<(), StoreError> {
        let position = bigint(checkpoint.position)?;
        let look = || {
            sqlx::query(include_str!("sql/checkpoint_fits.sql"))
                .bind(position)
                .bind(checkpoint.event.map(EventId::as_uuid))
        };
        // One row.
        let looks: Vec<(bool, bool)> = self.ask(By::Subscription, look).await?;
        let mut looks = looks.into_iter();
        looks
            .try_for_each(|(long_enough, has_event)| checkpoint.judge(part, long_enough, has_event))
    }

    async fn begin_batch(&self, start: BatchStart) -> Result<PgBatch, StoreError> {
        self.ready().await?;
        let silence = start.idle_limit.map_or(Silence::AsSet, Silence::UpTo);
        Ok(PgBatch::new(self.transaction_within(By::Subscription, silence).await?, start))
    }

    async fn read_rows(
        &self,
        table: &'static Table,
        select: RowSelection<'_>,
    ) -> Result<Vec<FoundRow>, StoreError> {
        let mut again = self.again(By::Command);
        loop {
            let mut line = self.lines(By::Command).line().await?;
            match table::read(&mut line, table, select).await {
                Err(_) if again.is_dead(&mut line).await => {}
                rows => {
                    line.keep();
                    return rows;
                }
            }
        }
    }

    async fn count_rows(
        &self,
        table: &'static Table,
        query: &ResolvedQuery,
    ) -> Result<u64, StoreError> {
        let mut again = self.again(By::Command);
        loop {
            let mut line = self.lines(By::Command).line().await?;
            match table::count(&mut line, table, query).await {
                Err(_) if again.is_dead(&mut line).await => {}
                count => {
                    line.keep();
                    return count;
                }
            }
        }
    }

    fn is_transient(&self, error: &ProjectionError) -> bool {
        error.is_transient() || crate::error::is_transient_cause(error)
    }
}

/// From columns that the table keeps from being negative.
pub(crate) fn checkpoint(position: i64, event: Option<Uuid>) -> Checkpoint {
    Checkpoint::new(Position::new(position.cast_unsigned()), event.map(EventId::from_uuid))
}

pub(crate) fn integer(number: u32) -> Result<i32, StoreError> {
    i32::try_from(number).map_err(|_| out_of_range(u64::from(number)))
}

pub(crate) fn bigint(position: Position) -> Result<i64, StoreError> {
    i64::try_from(position.get()).map_err(|_| out_of_range(position.get()))
}

fn out_of_range(number: u64) -> StoreError {
    StoreError::Other(Cause::new(format!("{number} is beyond what PostgreSQL can hold")))
}
