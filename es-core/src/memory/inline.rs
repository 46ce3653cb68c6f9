//! Projections inside an append, in memory: run on what will be appended, then written together with it.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};

use super::MemoryStore;
use super::rows::{Key, Row, find, replace, stage};
use crate::column::Table;
use crate::error::{Cause, StoreError};
use crate::inline::{InlineError, InlineProjections, InlineStore};
use crate::read_model::ReadModelBackend;
use crate::store::{Appended, BoxFuture, StreamAppend};

impl InlineStore for MemoryStore {
    /// One at a time, so that no update is lost. The handlers see the events as they will be stored if nobody else appends
    /// meanwhile; if somebody does, they run again.
    async fn append_inline(
        &self,
        append: StreamAppend,
        projections: &InlineProjections,
    ) -> Result<Appended, InlineError> {
        for checked in self.limits.check_all(std::slice::from_ref(&append)) {
            checked?;
        }
        let _turn = self.inline.lock().await;
        loop {
            let (events, head) = {
                let inner = self.inner();
                (inner.log.prepare(append.clone())?, inner.log.head())
            };
            let mut backend = Backend { store: self.clone(), staged: HashMap::new() };
            projections.run(&events, &mut backend).await?;
            let staged = backend.staged;
            let mut inner = self.inner();
            if inner.log.head() != head {
                continue;
            }
            let appended = inner.log.push(events);
            for (table, rows) in staged {
                if let Some(stored) = inner.tables.table_mut(table) {
                    replace(&mut stored.rows, rows);
                }
            }
            drop(inner);
            #[cfg(feature = "runtime")]
            self.appended.wake();
            return Ok(appended);
        }
    }
}

/// Where the handlers of one append write.
struct Backend {
    store: MemoryStore,
    staged: HashMap<&'static str, BTreeMap<Key, Row>>,
}

impl ReadModelBackend for Backend {
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        let staged = self.staged.get(table.name);
        let found = find(&self.store.inner().tables, staged, table, keys);
        Box::pin(std::future::ready(found))
    }

    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        rows: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let staged = self.staged.entry(table.name).or_default();
        let done = stage(&self.store.inner().tables, staged, table, rows);
        Box::pin(std::future::ready(done))
    }

    /// Only a reset empties tables, and that is a batch.
    fn truncate<'a>(&'a mut self, table: &'static Table) -> BoxFuture<'a, Result<(), StoreError>> {
        let refused = Cause::new(format!("an append does not empty `{}`", table.name));
        Box::pin(std::future::ready(Err(StoreError::Other(refused))))
    }

    fn transaction(&mut self) -> &mut dyn Any {
        self
    }
}
