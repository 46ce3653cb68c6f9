//! A batch as a handler sees it, step by step.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::support::{add, events, fresh, read, unique};
use super::tables::{at, made, time};
use crate::column::{Column, Table};
use crate::error::StoreError;
use crate::projection::{ProjectionError, Tables};
use crate::projection_store::{ProjectionBatch, ProjectionStore};
use crate::read_model::{ReadModel, ReadModelBackend};
use crate::record::StoredEvent;
use crate::row::{FoundRow, RowChange};
use crate::row_query::ResolvedQuery;
use crate::rows::{ReadModels, UnitOfWork};
use crate::store::BoxFuture;

/// An open batch and an event that is handled in it.
pub(super) struct Unit<B> {
    batch: B,
    work: UnitOfWork,
    event: StoredEvent,
    /// The streams of the batch: the event's own first.
    pub(super) streams: Vec<Uuid>,
    pub(super) tables: Tables,
    /// What was asked of the store so far.
    pub(super) calls: Vec<&'static str>,
}

impl<B: ProjectionBatch> Unit<B> {
    /// A batch of a projection that has never run and declares these tables, with an event of a stream that has no rows.
    pub(super) async fn begin<S: ProjectionStore<Batch = B>>(
        store: &S,
        declared: &'static [&'static Table],
    ) -> Self {
        let stream = fresh();
        add(store, &stream, events(1)).await;
        let event = read(store, &stream).await.remove(0);
        Self {
            batch: store.begin(&unique("unit"), 1).await.expect("a batch can be opened"),
            work: UnitOfWork::default(),
            event,
            streams: vec![stream.id()],
            tables: Tables { declared, version: 1 },
            calls: Vec::new(),
        }
    }

    /// From now on an event is handled that occurred at this time.
    pub(super) fn at(&mut self, seconds: i64) -> &mut Self {
        self.event.occurred_at = time(seconds);
        self
    }

    /// What a handler is given; `answer` is called with it.
    pub(super) async fn handle<R>(
        &mut self,
        handler: impl AsyncFnOnce(&mut ReadModels<'_>) -> Result<R, ProjectionError>,
    ) -> Result<R, ProjectionError> {
        let Self { batch, work, event, streams, tables, calls } = self;
        let mut backend = Counted { backend: batch.backend(), calls };
        handler(&mut ReadModels::new(event, *tables, streams, &mut backend, work)).await
    }

    /// Writes what is pending, and commits.
    pub(super) async fn commit(self) -> Result<Vec<&'static str>, ProjectionError> {
        let Self { mut batch, work, mut calls, .. } = self;
        work.flush(&mut Counted { backend: batch.backend(), calls: &mut calls }).await?;
        batch.commit(at(1)).await?;
        Ok(calls)
    }
}

/// Lets handlers handle in one batch, each an event of its own, one second after the other; gives what was asked of the
/// store.
pub(super) async fn batch<S: ProjectionStore>(
    store: &S,
    seconds: i64,
    handler: impl AsyncFnOnce(&mut ReadModels<'_>) -> Result<(), ProjectionError>,
) -> Vec<&'static str> {
    let mut unit = Unit::begin(store, ITEMS).await;
    unit.at(seconds).handle(handler).await.expect("the handler succeeds");
    unit.commit().await.expect("what was written fits")
}

/// The tables of a projection of items.
pub(super) const ITEMS: &[&Table] = &[Item::TABLE];

/// A row of an item in a shop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) id: String,
    /// What keeps the rows of one test apart from those of others.
    pub(super) shop: String,
    pub(super) count: i64,
    pub(super) note: Option<String>,
}

impl ReadModel for Item {
    type Key = String;
    const TABLE: &'static Table = &Table::new(
        "contract_items",
        "item",
        const {
            &[
                Column::of::<String>("id").named("item"),
                Column::of::<String>("shop"),
                Column::of::<i64>("count"),
                Column::of::<Option<String>>("note"),
            ]
        },
    );
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// A shop of one test: the names of its items begin with its own.
pub(super) struct Shop(pub(super) String);

impl Shop {
    pub(super) async fn open<S: ProjectionStore>(store: &S) -> Self {
        made(store, Item::TABLE).await;
        Self(unique("shop"))
    }

    pub(super) fn id(&self, name: &str) -> String {
        format!("{}/{name}", self.0)
    }

    pub(super) fn item(&self, name: &str, count: i64) -> Item {
        Item { id: self.id(name), shop: self.0.clone(), count, note: None }
    }

    /// The names of items, without the shop's.
    pub(super) fn names(&self, items: &[Item]) -> Vec<String> {
        let name = |item: &Item| item.id.trim_start_matches(&self.0)[1..].to_owned();
        items.iter().map(name).collect()
    }
}

/// Writes down what is asked of a store.
struct Counted<'a> {
    backend: &'a mut dyn ReadModelBackend,
    calls: &'a mut Vec<&'static str>,
}

impl ReadModelBackend for Counted<'_> {
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        self.calls.push("fetch");
        self.backend.fetch(table, keys)
    }

    fn find<'a>(
        &'a mut self,
        table: &'static Table,
        query: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<Vec<FoundRow>, StoreError>> {
        self.calls.push("find");
        self.backend.find(table, query)
    }

    fn count<'a>(
        &'a mut self,
        table: &'static Table,
        query: &'a ResolvedQuery,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.calls.push("count");
        self.backend.count(table, query)
    }

    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        rows: &'a [RowChange],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.calls.push("upsert");
        self.backend.upsert(table, rows)
    }

    fn delete<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.calls.push("delete");
        self.backend.delete(table, keys)
    }

    fn truncate<'a>(&'a mut self, table: &'static Table) -> BoxFuture<'a, Result<(), StoreError>> {
        self.calls.push("truncate");
        self.backend.truncate(table)
    }

    fn transaction(&mut self) -> &mut dyn std::any::Any {
        self.backend.transaction()
    }
}
