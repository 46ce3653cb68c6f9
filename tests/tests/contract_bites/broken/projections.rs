//! Read models and checkpoints.

use std::sync::Arc;

use es_core::{
    BatchStart, Checkpoint, FoundRow, ProjectionPart, ProjectionStore, ResolvedQuery, RowSelection,
    StoreError, Table,
};
use tokio::task::yield_now;

use super::{Broken, BrokenBatch, busy};
use crate::fault::Fault;

impl ProjectionStore for Broken {
    type Batch = BrokenBatch;

    async fn ensure_table(&self, table: &'static Table) -> Result<(), StoreError> {
        match self.fault {
            Fault::Ensure(way) => way(&self.inner, table),
            Fault::EnsureAlone => {
                let _turn = self.alone.try_acquire().map_err(|_| busy())?;
                yield_now().await;
                self.inner.ensure_table(table).await
            }
            _ => self.inner.ensure_table(self.table(table)).await,
        }
    }

    async fn checkpoint(&self, part: &ProjectionPart) -> Result<Checkpoint, StoreError> {
        let mut found = self.inner.checkpoint(&self.part(part)).await?;
        if let Fault::Checkpoint(tamper) = self.fault {
            tamper(&mut found);
        }
        Ok(found)
    }

    async fn fits(&self, part: &ProjectionPart, checkpoint: Checkpoint) -> Result<(), StoreError> {
        let mut fits = self.inner.fits(part, checkpoint).await;
        if let Fault::Fits(tamper) = self.fault {
            tamper(&mut fits);
        }
        fits
    }

    async fn begin_batch(&self, mut start: BatchStart) -> Result<BrokenBatch, StoreError> {
        start.part = self.part(&start.part);
        if let Fault::Start(tamper) = self.fault {
            tamper(&mut start);
        }
        let turn = match self.fault {
            Fault::BatchesWait => Arc::clone(&self.alone).acquire_owned().await.ok(),
            _ => None,
        };
        let inner = self.inner.begin_batch(start.clone()).await?;
        Ok(BrokenBatch::new(self.clone(), inner, start, false, turn))
    }

    async fn read_rows(
        &self,
        table: &'static Table,
        select: RowSelection<'_>,
    ) -> Result<Vec<FoundRow>, StoreError> {
        let (keys, query);
        let select = match select {
            RowSelection::Keys(asked) => {
                keys = self.keys(asked);
                RowSelection::Keys(&keys)
            }
            RowSelection::Query(asked) => {
                query = self.query(asked);
                RowSelection::Query(&query)
            }
            _ => select,
        };
        let found = self.inner.read_rows(self.table(table), select).await;
        self.found(select, found)
    }

    async fn count_rows(
        &self,
        table: &'static Table,
        query: &ResolvedQuery,
    ) -> Result<u64, StoreError> {
        let query = self.query(query);
        Ok(self.counted(self.inner.count_rows(self.table(table), &query).await?))
    }
}

impl Broken {
    pub(super) fn part(&self, part: &ProjectionPart) -> ProjectionPart {
        let mut part = part.clone();
        if let Fault::Part(tamper) = self.fault {
            tamper(&mut part);
        }
        part
    }

    pub(super) fn table(&self, table: &'static Table) -> &'static Table {
        match self.fault {
            Fault::Table(tamper) => tamper(table),
            _ => table,
        }
    }

    pub(super) fn keys(&self, keys: &[String]) -> Vec<String> {
        let mut keys = keys.to_vec();
        if let Fault::Keys(tamper) = self.fault {
            tamper(&mut keys);
        }
        keys
    }

    pub(super) fn query(&self, query: &ResolvedQuery) -> ResolvedQuery {
        let mut query = query.clone();
        if let Fault::Asked(tamper) = self.fault {
            tamper(&mut query);
        }
        query
    }

    pub(super) fn found(
        &self,
        asked: RowSelection<'_>,
        mut found: Result<Vec<FoundRow>, StoreError>,
    ) -> Result<Vec<FoundRow>, StoreError> {
        if let Fault::Found(tamper) = self.fault {
            tamper(asked, &mut found);
        }
        found
    }

    pub(super) fn counted(&self, rows: u64) -> u64 {
        match self.fault {
            Fault::Counted(tamper) => tamper(rows),
            _ => rows,
        }
    }
}
