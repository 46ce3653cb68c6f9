//! Where handlers' read models go: to memory until the commit, or to a transaction that is open already.

use std::any::Any;
use std::fmt;

use es_core::{
    BoxFuture, FoundRow, ReadModelBackend, ResolvedQuery, RowChange, RowSelection, StoreError,
    Table,
};
use sqlx::SqliteConnection;

use crate::staged::Staged;
use crate::store::SqliteStore;
use crate::table::{self, Row};
use crate::writing::Writing;

/// What handlers of a batch, or of an append, write.
pub(crate) struct Backend {
    store: SqliteStore,
    staged: Staged,
    /// Once it is open nothing is staged any more.
    writing: Option<Writing>,
    /// Tables that are known to take the rows which are staged.
    checked: Vec<&'static Table>,
    /// A write that has failed: it may have been done in part, so nothing is committed.
    failed: Option<StoreError>,
}

impl Backend {
    pub(crate) fn new(store: SqliteStore) -> Self {
        Self { store, staged: Staged::default(), writing: None, checked: Vec::new(), failed: None }
    }

    /// Writes to this transaction.
    pub(crate) fn within(store: SqliteStore, writing: Writing) -> Self {
        Self { writing: Some(writing), ..Self::new(store) }
    }

    /// The connection of the transaction, for a handler's own statements. Opens it unless it is, and writes there what is
    /// staged.
    pub(crate) async fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        if self.writing.is_none() {
            let mut writing = self.store.write().await?;
            if let Err(error) = std::mem::take(&mut self.staged).apply(&mut writing).await {
                writing.roll_back().await;
                self.failed = Some(error.clone());
                return Err(error);
            }
            self.writing = Some(writing);
        }
        let writing = self.writing.as_mut().expect("it was opened above");
        writing.lend().await?;
        Ok(writing)
    }

    /// The transaction, which is opened now unless it is, and what is still to be written there.
    ///
    /// # Errors
    /// Also when a write has failed before, or a handler has ended the transaction: then it is rolled back.
    pub(crate) async fn finish(self) -> Result<(Writing, Staged), StoreError> {
        let Self { store, staged, writing, failed, .. } = self;
        if let Some(error) = failed {
            return Err(error);
        }
        let writing = match writing {
            None => store.write().await?,
            Some(mut writing) => {
                writing.take_back().await?;
                writing
            }
        };
        Ok((writing, staged))
    }

    /// Leaves nothing behind. Dropping does as well, but takes the connection along.
    pub(crate) async fn give_up(self) {
        if let Some(writing) = self.writing {
            writing.roll_back().await;
        }
    }

    /// Looks at something in the transaction, if there is one, and in what is committed otherwise.
    pub(crate) async fn look<T>(
        &mut self,
        look: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &mut self.writing {
            Some(writing) => look(writing).await,
            None => look(&mut *self.store.reader().await?).await,
        }
    }

    /// Whether the table takes rows of this shape is asked once, and at once: a handler that is told so at the commit would
    /// take it for the fault of an event.
    async fn check(&mut self, table: &'static Table) -> Result<(), StoreError> {
        if self.checked.iter().all(|checked| *checked != table) {
            table::check_writer(&mut *self.store.reader().await?, table).await?;
            self.checked.push(table);
        }
        Ok(())
    }

    fn note<T>(&mut self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &done {
            self.failed.get_or_insert_with(|| error.clone());
        }
        done
    }
}

fn found(table: &Table, rows: &[Row]) -> Result<Vec<FoundRow>, StoreError> {
    rows.iter().map(|row| table::found(table, row)).collect()
}

impl ReadModelBackend for Backend {
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        Box::pin(async move {
            let rows = match (&mut self.writing, self.staged.of(table)) {
                (Some(writing), _) => table::read(writing, table, RowSelection::Keys(keys)).await,
                (None, Some(staged)) => {
                    staged.fetch(&mut *self.store.reader().await?, table, keys).await
                }
                (None, None) => {
                    let mut reader = self.store.reader().await?;
                    table::read(&mut reader, table, RowSelection::Keys(keys)).await
                }
            };
            found(table, &rows?)
        })
    }

    fn find<'a>(
        &'a mut self,
        table: &'static Table,
        query: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        Box::pin(async move {
            let rows = match (&mut self.writing, self.staged.of(table)) {
                (Some(writing), _) => table::read(writing, table, RowSelection::Query(query)).await,
                (None, Some(staged)) => {
                    staged.find(&mut *self.store.reader().await?, table, query).await
                }
                (None, None) => {
                    let mut reader = self.store.reader().await?;
                    table::read(&mut reader, table, RowSelection::Query(query)).await
                }
            };
            found(table, &rows?)
        })
    }

    fn count<'a>(
        &'a mut self,
        table: &'static Table,
        query: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            match (&mut self.writing, self.staged.of(table)) {
                (Some(writing), _) => table::count(writing, table, query).await,
                (None, Some(staged)) => {
                    staged.count(&mut *self.store.reader().await?, table, query).await
                }
                (None, None) => table::count(&mut *self.store.reader().await?, table, query).await,
            }
        })
    }

    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        rows: &'a [RowChange],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let done = match &mut self.writing {
                Some(writing) => write(writing, table, rows).await,
                None => match self.check(table).await {
                    Ok(()) => self.staged.upsert(table, rows),
                    refused => refused,
                },
            };
            self.note(done)
        })
    }

    fn delete<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let done = match &mut self.writing {
                Some(writing) => table::delete(writing, table, keys).await,
                None => self.check(table).await.map(|()| self.staged.delete(table, keys)),
            };
            self.note(done)
        })
    }

    fn truncate<'a>(&'a mut self, table: &'static Table) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let done = match &mut self.writing {
                Some(writing) => table::truncate(writing, table).await,
                None => self.check(table).await.map(|()| self.staged.truncate(table)),
            };
            self.note(done)
        })
    }

    fn transaction(&mut self) -> &mut dyn Any {
        self
    }
}

async fn write(
    connection: &mut SqliteConnection,
    table: &'static Table,
    rows: &[RowChange],
) -> Result<(), StoreError> {
    for row in rows {
        table::check_cells(table, row)?;
    }
    table::write(connection, table, &rows.iter().collect::<Vec<_>>()).await
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").field("writing", &self.writing).finish_non_exhaustive()
    }
}
