//! For projections that keep nothing in a store.

use std::any::Any;

use crate::column::Table;
use crate::error::StoreError;
use crate::read_model::ReadModelBackend;
use crate::row::{FoundRow, RowChange};
use crate::row_query::ResolvedQuery;
use crate::store::BoxFuture;

/// What an in-memory projection has in place of a store's transaction.
pub(crate) struct NoReadModels;

impl NoReadModels {
    fn refused<T: Send + 'static>(
        table: &'static Table,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        Box::pin(std::future::ready(Err(StoreError::NoReadModels { table: table.name })))
    }
}

impl ReadModelBackend for NoReadModels {
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        _: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        Self::refused(table)
    }

    fn find<'a>(
        &'a mut self,
        table: &'static Table,
        _: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        Self::refused(table)
    }

    fn count<'a>(
        &'a mut self,
        table: &'static Table,
        _: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Self::refused(table)
    }

    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        _: &'a [RowChange],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Self::refused(table)
    }

    fn delete<'a>(
        &'a mut self,
        table: &'static Table,
        _: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Self::refused(table)
    }

    fn truncate<'a>(&'a mut self, table: &'static Table) -> BoxFuture<'a, Result<(), StoreError>> {
        Self::refused(table)
    }

    fn transaction(&mut self) -> &mut dyn Any {
        self
    }
}
