//! Read models as the handlers of one batch see them.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::support::fresh;
use super::tables::{made, write};
use super::units::Unit;
use crate::column::{Column, Table};
use crate::projection::{ProjectionError, Tables};
use crate::projection_store::ProjectionStore;
use crate::read_model::{ReadModel, ReadModelQuery as _};

/// A row that is there but does not fit its type is an error each time it is asked for: were it absent the second time,
/// a handler would write another one over it.
pub async fn a_row_that_cannot_be_read_is_not_absent<S: ProjectionStore>(store: &S) {
    let mut unit = start(store).await;
    let id = unit.streams[0];
    write(store, Small::TABLE, &[json!({ "id": id, "n": 256 })]).await;
    for time in ["first", "second"] {
        let found = unit.handle(async |cx| cx.rows::<Small>().get(&id).await).await;
        let refused = matches!(found, Err(ProjectionError::Row { .. }));
        assert!(refused, "a row that cannot be read is an error the {time} time, not {found:?}");
    }
}

/// Rows that a batch has changed stay as they are when others are fetched for its streams.
pub async fn fetching_keeps_what_was_saved<S: ProjectionStore>(store: &S) {
    let mut unit = start(store).await;
    let (one, other) = (unit.streams[0], unit.streams[1]);
    write(store, Small::TABLE, &[json!({ "id": one, "n": 1 }), json!({ "id": other, "n": 2 })])
        .await;
    let handled = unit.handle(async |cx| {
        cx.rows().save(Small { id: one, n: 10 }).await?;
        let mut rows = cx.rows::<Small>();
        Ok((rows.get(&other).await?, rows.get(&one).await?))
    });
    let (fetched, saved) = handled.await.expect("readable");
    assert_eq!(fetched, Some(Small { id: other, n: 2 }), "the row is fetched");
    assert_eq!(saved, Some(Small { id: one, n: 10 }), "fetching keeps what was saved");
    unit.commit().await.expect("the rows fit");
    let found = store.row::<Small>(&one).await.expect("readable");
    assert_eq!(found, Some(Small { id: one, n: 10 }), "what was saved is written");
}

/// The rows of a batch's streams are fetched in one query, and none is asked for again: those that are absent neither.
pub async fn a_row_is_asked_for_once<S: ProjectionStore>(store: &S) {
    let mut unit = start(store).await;
    let (absent, there) = (unit.streams[0], unit.streams[1]);
    write(store, Small::TABLE, &[json!({ "id": there, "n": 2 })]).await;
    for _ in 0..2 {
        let handled = unit.handle(async |cx| {
            let mut rows = cx.rows::<Small>();
            assert_eq!(rows.get(&absent).await?, None, "a row that is absent is not found");
            let found = rows.get(&there).await?;
            assert_eq!(found, Some(Small { id: there, n: 2 }), "a row that is there is found");
            assert!(rows.exists(&there).await? && !rows.exists(&absent).await?);
            rows.get_many(&[there, absent]).await
        });
        let found = handled.await.expect("readable");
        assert_eq!(found, [Some(Small { id: there, n: 2 }), None], "in the order of the keys");
    }
    assert_eq!(unit.calls, ["fetch"], "the rows of all streams are asked for once");
}

/// All rows of a table that a batch changes are written by one statement, and one more removes those that it deletes.
pub async fn a_batch_writes_a_table_at_once<S: ProjectionStore>(store: &S) {
    let mut unit = start(store).await;
    let [one, other] = [unit.streams[0], unit.streams[1]];
    let more = fresh().id();
    write(store, Small::TABLE, &[json!({ "id": other, "n": 9 })]).await;
    for n in 0..3 {
        let handled = unit.handle(async |cx| {
            let mut rows = cx.rows();
            rows.save_many([one, other, more].map(|id| Small { id, n })).await?;
            rows.delete(&other).await
        });
        handled.await.expect("nothing is asked of the store yet");
    }
    let calls = unit.commit().await.expect("the rows fit");
    assert_eq!(calls, ["delete", "upsert"], "a table is written at once");
    for (id, found) in [(one, Some(2)), (other, None), (more, Some(2))] {
        let row = store.row::<Small>(&id).await.expect("readable");
        assert_eq!(row, found.map(|n| Small { id, n }), "what was changed last is written");
    }
}

/// A projection of a later version writes a table of its own, whose name ends in the version; that of version 1 keeps
/// its rows.
pub async fn each_version_has_a_table_of_its_own<S: ProjectionStore>(store: &S) {
    let mut unit = start(store).await;
    let second = Small::TABLE.of_version(2);
    made(store, second).await;
    let id = unit.streams[0];
    write(store, Small::TABLE, &[json!({ "id": id, "n": 1 })]).await;
    unit.tables.version = 2;
    let handled = unit.handle(async |cx| {
        let mut rows = cx.rows::<Small>();
        assert_eq!(rows.get(&id).await?, None, "the second version begins without rows");
        rows.save(Small { id, n: 2 }).await
    });
    handled.await.expect("the table is there");
    unit.commit().await.expect("the row fits");
    let found = store.row::<Small>(&id).await.expect("readable");
    assert_eq!(found, Some(Small { id, n: 1 }), "the first version's row is as it was");
    let found = super::tables::rows(store, second).await;
    let found: Vec<_> = found.into_iter().filter(|row| row["id"] == json!(id)).collect();
    assert_eq!(found, [json!({ "id": id, "n": 2 })], "it is written under the version's name");
}

/// A read model that the projection does not declare is refused at its first use, by the name of its table.
pub async fn an_undeclared_read_model_is_refused<S: ProjectionStore>(store: &S) {
    const OTHER: &Table =
        &Table::new("contract_other", "id", const { &[Column::of::<Uuid>("id")] });
    let mut unit = start(store).await;
    let id = unit.streams[0];
    for (declared, accepted) in [
        (&[] as &[_], false),
        (&[OTHER], false),
        (&[OTHER, Small::TABLE], true),
        (&[Small::TABLE], true),
    ] {
        unit.tables = Tables { declared, version: 1 };
        let saved = unit.handle(async |cx| cx.rows().save(Small { id, n: 1 }).await).await;
        let read = unit.handle(async |cx| cx.rows::<Small>().get(&id).await).await;
        for answer in [saved, read.map(drop)] {
            match answer {
                Ok(()) => assert!(accepted, "a read model that is not declared must be refused"),
                Err(ProjectionError::Undeclared { table }) => {
                    assert!(!accepted, "a declared read model is refused");
                    assert_eq!(table, Small::TABLE.name, "the error names the table");
                }
                Err(error) => panic!("must be refused with `Undeclared`, not {error:?}"),
            }
        }
    }
    unit.commit().await.expect("the row fits");
    let found = store.row::<Small>(&id).await.expect("readable");
    let promise = "what a declared read model is given is written";
    assert_eq!(found, Some(Small { id, n: 1 }), "{promise}");
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

/// A batch with two streams, which have no rows yet.
async fn start<S: ProjectionStore>(store: &S) -> Unit<S::Batch> {
    made(store, Small::TABLE).await;
    let mut unit = Unit::begin(store, &[Small::TABLE]).await;
    unit.streams.push(fresh().id());
    unit
}
