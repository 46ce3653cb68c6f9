//! A batch, and the rows that are written in it.

use std::any::Any;

use es_core::{
    BatchStart, BoxFuture, Checkpoint, DeadLetter, FoundRow, MemoryStore, Position,
    ProjectionBatch, ProjectionStore, ReadModelBackend, ResolvedQuery, RowChange, RowSelection,
    StoreError, Table,
};
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::{Broken, Inlining, now};
use crate::fault::Fault;

type MemoryBatch = <MemoryStore as ProjectionStore>::Batch;

/// A batch on a [`Broken`] store.
pub(crate) struct BrokenBatch {
    /// Until it is committed.
    inner: Option<MemoryBatch>,
    store: Broken,
    start: BatchStart,
    is_reset: bool,
    _turn: Option<OwnedSemaphorePermit>,
}

impl BrokenBatch {
    pub(super) fn new(
        store: Broken,
        inner: MemoryBatch,
        start: BatchStart,
        is_reset: bool,
        turn: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self { inner: Some(inner), store, start, is_reset, _turn: turn }
    }

    fn inner(&mut self) -> &mut MemoryBatch {
        self.inner.as_mut().expect("a batch is there until its commit")
    }
}

impl ProjectionBatch for BrokenBatch {
    fn checkpoint(&self) -> Checkpoint {
        self.start.from
    }

    fn backend(&mut self) -> &mut dyn ReadModelBackend {
        self
    }

    async fn bury(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        let mut letter = letter.clone();
        if let Fault::Buried(tamper) = self.store.fault {
            tamper(&mut letter);
        }
        if matches!(self.store.fault, Fault::BuriesAtOnce) {
            let mut batch = self.store.inner.begin_batch(self.start.clone()).await?;
            batch.bury(&letter).await?;
            batch.commit(self.start.from).await?;
        }
        self.inner().bury(&letter).await
    }

    async fn unbury(&mut self, position: Position) -> Result<bool, StoreError> {
        let was_there = self.inner().unbury(position).await?;
        Ok(match self.store.fault {
            Fault::Unburied(tamper) => tamper(was_there),
            _ => was_there,
        })
    }

    async fn commit(mut self, mut checkpoint: Checkpoint) -> Result<(), StoreError> {
        match self.store.fault {
            Fault::BeforeCommit(tamper) => tamper(&self.store.inner, &self.start),
            Fault::Commit(tamper) => tamper(&mut checkpoint),
            Fault::ResetsWhereItBegan if self.is_reset => checkpoint = self.start.from,
            _ => {}
        }
        let inner = self.inner.take().expect("a batch is committed once");
        let mut done = inner.commit(checkpoint).await;
        if let Fault::Committed(tamper) = self.store.fault {
            tamper(&mut done);
        }
        done
    }
}

impl Drop for BrokenBatch {
    fn drop(&mut self) {
        if let (Fault::CommitsWhenDropped, Some(inner)) = (self.store.fault, self.inner.take()) {
            drop(now(inner.commit(self.start.from)));
        }
    }
}

impl ReadModelBackend for BrokenBatch {
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        Box::pin(async move {
            let (table, keys) = (self.store.table(table), self.store.keys(keys));
            let found = match self.store.fault {
                Fault::ReadsPastItself => {
                    self.store.inner.read_rows(table, RowSelection::Keys(&keys)).await
                }
                _ => self.inner().backend().fetch(table, &keys).await,
            };
            self.store.found(RowSelection::Keys(&keys), found)
        })
    }

    fn find<'a>(
        &'a mut self,
        table: &'static Table,
        query: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        Box::pin(async move {
            let (table, query) = (self.store.table(table), self.store.query(query));
            let found = match self.store.fault {
                Fault::ReadsPastItself => {
                    self.store.inner.read_rows(table, RowSelection::Query(&query)).await
                }
                _ => self.inner().backend().find(table, &query).await,
            };
            self.store.found(RowSelection::Query(&query), found)
        })
    }

    fn count<'a>(
        &'a mut self,
        table: &'static Table,
        query: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            let (table, query) = (self.store.table(table), self.store.query(query));
            let counted = match self.store.fault {
                Fault::ReadsPastItself => self.store.inner.count_rows(table, &query).await,
                _ => self.inner().backend().count(table, &query).await,
            };
            counted.map(|rows| self.store.counted(rows))
        })
    }

    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        rows: &'a [RowChange],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let (table, mut rows) = (self.store.table(table), rows.to_vec());
            match self.store.fault {
                Fault::Upsert(tamper) => tamper(self.inner().backend(), table, &mut rows),
                Fault::WritesThrough | Fault::Inlining(Inlining::RowsAtOnce) => {
                    at_once(&self.store.inner, |backend| {
                        drop(now(backend.upsert(table, &rows)));
                    });
                }
                _ => {}
            }
            let mut done = self.inner().backend().upsert(table, &rows).await;
            if let Fault::Written(tamper) = self.store.fault {
                tamper(&mut done);
            }
            done
        })
    }

    fn delete<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        if matches!(self.store.fault, Fault::DeletesNothing) {
            return Box::pin(async { Ok(()) });
        }
        let table = self.store.table(table);
        self.inner().backend().delete(table, keys)
    }

    fn truncate<'a>(&'a mut self, table: &'static Table) -> BoxFuture<'a, Result<(), StoreError>> {
        match self.store.fault {
            Fault::EmptiesNothing => return Box::pin(async { Ok(()) }),
            Fault::WritesThrough => at_once(&self.store.inner, |backend| {
                drop(now(backend.truncate(table)));
            }),
            _ => {}
        }
        let table = self.store.table(table);
        self.inner().backend().truncate(table)
    }

    fn transaction(&mut self) -> &mut dyn Any {
        self.inner().backend().transaction()
    }
}

/// Writes rows in a batch of nobody's, which is committed.
pub(crate) fn at_once(store: &MemoryStore, write: impl FnOnce(&mut dyn ReadModelBackend)) {
    let mut batch = now(store.begin(&Uuid::now_v7().to_string(), 1)).expect("memory is there");
    write(batch.backend());
    now(batch.commit(Checkpoint::default())).expect("it is nobody else's");
}
