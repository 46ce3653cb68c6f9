//! Read models as the handlers of one batch see them.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::support::{UNDECLARED, add, events, fresh, read, unique};
use super::tables::{at, made, write};
use crate::column::{Column, Table};
use crate::error::StoreError;
use crate::projection::{Batch, FromBatch as _, ProjectionError};
use crate::projection_store::{ProjectionBatch as _, ProjectionStore};
use crate::read_model::{ReadModel, ReadModelBackend, ReadModelQuery as _};
use crate::record::StoredEvent;
use crate::rows::{ReadModels, UnitOfWork};
use crate::store::BoxFuture;

/// A row that is there but does not fit its type is an error each time it is asked for: were it absent the second time,
/// a handler would write another one over it.
pub async fn a_row_that_cannot_be_read_is_not_absent<S: ProjectionStore>(store: &S) {
    let (event, streams) = start(store).await;
    write(store, Small::TABLE, &[json!({ "id": streams[0], "n": 256 })]).await;
    let (mut batch, mut unit) = (begin(store).await, UnitOfWork::default());
    let backend = batch.backend();
    let mut context =
        Batch { event: &event, tables: UNDECLARED, streams: &streams, backend, unit: &mut unit };
    let mut models = ReadModels::from_batch(&mut context).expect("every store has read models");
    for time in ["first", "second"] {
        let found = models.rows::<Small>().get(&streams[0]).await;
        let refused = matches!(found, Err(ProjectionError::Row { .. }));
        assert!(refused, "a row that cannot be read is an error the {time} time, not {found:?}");
    }
}

/// Rows that a batch has changed stay as they are when others are fetched for its streams.
pub async fn fetching_keeps_what_was_saved<S: ProjectionStore>(store: &S) {
    let (event, streams) = start(store).await;
    let [one, other] = streams;
    write(store, Small::TABLE, &[json!({ "id": one, "n": 1 }), json!({ "id": other, "n": 2 })])
        .await;
    let (mut batch, mut unit) = (begin(store).await, UnitOfWork::default());
    let backend = batch.backend();
    let mut context =
        Batch { event: &event, tables: UNDECLARED, streams: &streams, backend, unit: &mut unit };
    let mut models = ReadModels::from_batch(&mut context).expect("every store has read models");
    models.rows().save(Small { id: one, n: 10 }).await.expect("the row fits");
    let mut rows = models.rows::<Small>();
    let found = rows.get(&other).await.expect("readable");
    assert_eq!(found, Some(Small { id: other, n: 2 }), "the row is fetched");
    let found = rows.get(&one).await.expect("readable");
    assert_eq!(found, Some(Small { id: one, n: 10 }), "fetching keeps what was saved");
    unit.flush(batch.backend()).await.expect("the rows fit");
    batch.commit(at(1)).await.expect("nobody else moves the checkpoint");
    let found = store.row::<Small>(&one).await.expect("readable");
    assert_eq!(found, Some(Small { id: one, n: 10 }), "what was saved is written");
}

/// The rows of a batch's streams are fetched in one query, and none is asked for again: those that are absent neither.
pub async fn a_row_is_asked_for_once<S: ProjectionStore>(store: &S) {
    let (event, streams) = start(store).await;
    let [absent, there] = streams;
    write(store, Small::TABLE, &[json!({ "id": there, "n": 2 })]).await;
    let (mut batch, mut unit) = (begin(store).await, UnitOfWork::default());
    let mut counted = Counted { backend: batch.backend(), fetches: 0 };
    let backend = &mut counted;
    let mut context =
        Batch { event: &event, tables: UNDECLARED, streams: &streams, backend, unit: &mut unit };
    let mut models = ReadModels::from_batch(&mut context).expect("every store has read models");
    let mut rows = models.rows::<Small>();
    for _ in 0..2 {
        assert_eq!(rows.get(&absent).await.expect("readable"), None);
        let found = rows.get(&there).await.expect("readable");
        assert_eq!(found, Some(Small { id: there, n: 2 }));
    }
    assert_eq!(counted.fetches, 1, "the rows of all streams are asked for once");
}

/// A row of a batch's stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Small {
    id: Uuid,
    n: u8,
}

impl ReadModel for Small {
    type Key = Uuid;
    const TABLE: &'static Table = &Table::new(
        "contract_small",
        "id",
        const { &[Column::of::<Uuid>("id"), Column::of::<u8>("n")] },
    );
    fn key(&self) -> Uuid {
        self.id
    }
}

/// Counts the queries.
struct Counted<'a> {
    backend: &'a mut dyn ReadModelBackend,
    fetches: usize,
}

impl ReadModelBackend for Counted<'_> {
    fn fetch<'a>(
        &'a mut self,
        table: &'static Table,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        self.fetches += 1;
        self.backend.fetch(table, keys)
    }

    fn upsert<'a>(
        &'a mut self,
        table: &'static Table,
        rows: &'a [String],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.backend.upsert(table, rows)
    }

    fn truncate<'b>(&'b mut self, table: &'static Table) -> BoxFuture<'b, Result<(), StoreError>> {
        self.backend.truncate(table)
    }

    fn transaction(&mut self) -> &mut dyn std::any::Any {
        self.backend.transaction()
    }
}

/// An event to handle, and the streams of its batch, which have no rows yet.
async fn start<S: ProjectionStore>(store: &S) -> (StoredEvent, [Uuid; 2]) {
    made(store, Small::TABLE).await;
    let stream = fresh();
    add(store, &stream, events(1)).await;
    let event = read(store, &stream).await.remove(0);
    (event, [stream.id(), fresh().id()])
}

async fn begin<S: ProjectionStore>(store: &S) -> S::Batch {
    store.begin(&unique("rows"), 1).await.expect("a batch can be opened")
}
