//! Batches of projections: rows and checkpoint together, each once.

use futures_util::future::join;
use serde_json::Value;

use super::support::{add, events, fresh, in_time, read, settle, unique, yield_now};
use super::tables::{at, changes, count, counts, made, rows, write};
use crate::cell::Cell;
use crate::checkpoint::{Checkpoint, ProjectionPart};
use crate::column::Table;
use crate::error::StoreError;
use crate::id::EventId;
use crate::projection_store::{ProjectionBatch, ProjectionStore};
use crate::record::StoredEvent;
use crate::version::Position;

/// A projection that nobody has run starts at the beginning, and opening a batch does not change that.
pub async fn a_new_projection_starts_at_the_beginning<S: ProjectionStore>(store: &S) {
    let name = unique("new");
    for _ in 0..2 {
        let found = checkpoint(store, &name, 1).await;
        assert_eq!(found, Checkpoint::default(), "a new projection starts at the beginning");
    }
}

/// A committed checkpoint is where the next batch starts, with the id of its event; also of a batch without rows.
pub async fn a_checkpoint_comes_back<S: ProjectionStore>(store: &S) {
    let name = unique("it's \"odd\" é");
    let far = Position::new(i64::MAX.cast_unsigned());
    let checkpoints = [
        at(1),
        Checkpoint::new(Position::new(7), Some(EventId::new())),
        at(8),
        Checkpoint::new(far, Some(EventId::new())),
    ];
    for new in checkpoints {
        let batch = store.begin(&name, 1).await.expect("a batch can be opened");
        batch.commit(new).await.expect("nobody else moves the checkpoint");
        assert_eq!(checkpoint(store, &name, 1).await, new, "a checkpoint comes back");
    }
}

/// Every name, and every version of a name, has its own checkpoint.
pub async fn each_version_of_a_projection_has_its_own_checkpoint<S: ProjectionStore>(store: &S) {
    let name = unique("versioned");
    let other = name.to_uppercase();
    let all = [(&name, 1), (&name, 2), (&other, 1), (&name, i32::MAX.cast_unsigned())];
    for ((name, version), position) in all.into_iter().zip(1..) {
        let batch = store.begin(name, version).await.expect("a batch can be opened");
        assert_eq!(batch.checkpoint(), Checkpoint::default(), "{name} {version} is new");
        batch.commit(at(position)).await.expect("nobody else moves the checkpoint");
    }
    for ((name, version), position) in all.into_iter().zip(1..) {
        let found = checkpoint(store, name, version).await;
        assert_eq!(found, at(position), "the checkpoint of {name}, version {version}, is its own");
    }
}

/// Until the commit nobody outside sees a batch's rows; after it everybody sees them, and the checkpoint.
pub async fn rows_and_checkpoint_appear_together<S: ProjectionStore>(store: &S) {
    let (table, second, name) = (counts(), counts(), unique("together"));
    made(store, table).await;
    made(store, second).await;
    write(store, table, &[count("a", 1)]).await;
    let mut batch = store.begin(&name, 1).await.expect("a batch can be opened");
    for (table, row) in [(table, count("a", 2)), (table, count("b", 3)), (second, count("c", 4))] {
        upsert(&mut batch, table, &row).await.expect("the row fits");
        assert_eq!(rows(store, table).await.len(), usize::from(table != second), "not yet visible");
    }
    assert_eq!(rows(store, table).await, [count("a", 1)], "rows are not visible before the commit");
    batch.commit(at(5)).await.expect("nobody else moves the checkpoint");
    let wanted = [count("a", 2), count("b", 3)];
    assert_eq!(rows(store, table).await, wanted, "rows are visible after the commit");
    assert_eq!(rows(store, second).await, [count("c", 4)], "those of the second table too");
    assert_eq!(checkpoint(store, &name, 1).await, at(5), "with the checkpoint");
}

/// A batch that is dropped leaves neither rows nor checkpoint, and does not keep the next one waiting.
pub async fn a_dropped_batch_leaves_nothing<S: ProjectionStore>(store: &S) {
    let (table, name) = (counts(), unique("dropped"));
    made(store, table).await;
    for _ in 0..2 {
        let mut batch = store.begin(&name, 1).await.expect("a batch can be opened");
        assert_eq!(batch.checkpoint(), Checkpoint::default(), "a dropped batch moves nothing");
        upsert(&mut batch, table, &count("a", 1)).await.expect("the row fits");
        drop(batch);
        assert_eq!(rows(store, table).await, [] as [Value; 0], "a dropped batch leaves no rows");
    }
    let next = async {
        let mut batch = store.begin(&name, 1).await.expect("a batch can be opened");
        upsert(&mut batch, table, &count("b", 2)).await.expect("the row fits");
        batch.commit(at(1)).await.expect("nobody else moves the checkpoint");
    };
    in_time("the batch after a dropped one", next).await;
    assert_eq!(rows(store, table).await, [count("b", 2)], "only the committed batch is there");
}

/// Rows that do not fit their table are refused, when they are written or at the commit; nothing of their batch stays.
pub async fn a_batch_with_a_bad_row_leaves_nothing<S: ProjectionStore>(store: &S) {
    let (table, name) = (counts(), unique("bad"));
    made(store, table).await;
    let bad: [&[Cell]; 3] = [&[Cell::Null, 1_i64.into()], &["b".into(), Cell::Null], &["b".into()]];
    for bad in bad {
        let mut batch = store.begin(&name, 1).await.expect("a batch can be opened");
        let mut rows_of_batch = changes(table, &[count("a", 1), count("b", 1)]);
        rows_of_batch[1].cells = bad.to_vec();
        upsert(&mut batch, table, &count("b", 2)).await.expect("the row fits");
        // A batch in which a write has failed is dropped, as the runner does.
        if batch.backend().upsert(table, &rows_of_batch).await.is_ok() {
            let committed = batch.commit(at(1)).await;
            assert!(committed.is_err(), "the row {bad:?} must not be committed");
        }
        assert_eq!(
            rows(store, table).await,
            [] as [Value; 0],
            "a batch with {bad:?} leaves no rows"
        );
        let found = checkpoint(store, &name, 1).await;
        assert_eq!(found, Checkpoint::default(), "a batch with {bad:?} leaves no checkpoint");
    }
}

/// Of two batches that would start from one checkpoint only one commits: the other waits and then finds the
/// checkpoint moved, or is refused at its commit. Its rows are not there.
pub async fn of_two_batches_from_one_checkpoint_one_commits<S: ProjectionStore>(store: &S) {
    let promise = "of two batches from one checkpoint one commits";
    for round in 0..5 {
        let (table, name) = (counts(), unique("moved"));
        made(store, table).await;
        let start = if round % 2 == 0 { Checkpoint::default() } else { at(3) };
        if round % 2 == 1 {
            let batch = store.begin(&name, 1).await.expect("a batch can be opened");
            batch.commit(start).await.expect("nobody else moves the checkpoint");
        }
        let worker = |row: &'static str| {
            let name = name.clone();
            async move {
                let mut batch = store.begin(&name, 1).await.expect("a batch can be opened");
                if batch.checkpoint() != start {
                    return false;
                }
                upsert(&mut batch, table, &count(row, round)).await.expect("the row fits");
                // Gives the other one time to open its batch, if the store lets it.
                for _ in 0..50 {
                    yield_now().await;
                }
                match batch.commit(at(9)).await {
                    Ok(()) => true,
                    Err(StoreError::CheckpointMoved { projection }) => {
                        assert_eq!(projection, name, "{promise}: the error names the projection");
                        false
                    }
                    Err(error) => panic!("{promise}: the other one failed with {error:?}"),
                }
            }
        };
        let (first, second) = join(worker("first"), worker("second")).await;
        assert!(first != second, "{promise}: first {first}, second {second}");
        let winner = if first { "first" } else { "second" };
        assert_eq!(rows(store, table).await, [count(winner, round)], "{promise}: the winner's row");
        assert_eq!(checkpoint(store, &name, 1).await, at(9), "{promise}: the winner's checkpoint");
    }
}

/// Open batches of different projections, or versions, do not wait for each other.
pub async fn batches_of_different_projections_are_independent<S: ProjectionStore>(store: &S) {
    let (table, name, other) = (counts(), unique("one"), unique("other"));
    made(store, table).await;
    let batches = async {
        let mut first = store.begin(&name, 1).await.expect("a batch can be opened");
        let mut second =
            store.begin(&name, 2).await.expect("another version's batch can be opened");
        let mut third =
            store.begin(&other, 1).await.expect("another projection's batch can be opened");
        upsert(&mut first, table, &count("first", 1)).await.expect("the row fits");
        upsert(&mut second, table, &count("second", 2)).await.expect("the row fits");
        upsert(&mut third, table, &count("third", 3)).await.expect("the row fits");
        third.commit(at(3)).await.expect("nobody else moves this checkpoint");
        drop(second);
        first.commit(at(1)).await.expect("nobody else moves this checkpoint");
    };
    in_time("a batch of another projection", batches).await;
    let wanted = [count("first", 1), count("third", 3)];
    assert_eq!(rows(store, table).await, wanted, "each batch has its own end");
    for (name, version, wanted) in
        [(&name, 1, at(1)), (&name, 2, Checkpoint::default()), (&other, 1, at(3))]
    {
        let found = checkpoint(store, name, version).await;
        assert_eq!(found, wanted, "the checkpoint of {name}, version {version}, is its own");
    }
}

/// A checkpoint with an event of the log, at its position or after it, fits; so does any that is not beyond the log.
pub async fn a_checkpoint_of_this_log_fits<S: ProjectionStore>(store: &S) {
    let part = ProjectionPart::whole(unique("fits"), 1);
    let (first, last) = two_events(store).await;
    let checkpoints = [
        Checkpoint::default(),
        Checkpoint::new(first.position, Some(first.id)),
        Checkpoint::new(last.position, Some(first.id)),
        Checkpoint::new(last.position, Some(last.id)),
        Checkpoint::new(last.position, None),
    ];
    for checkpoint in checkpoints {
        let fits = store.fits(&part, checkpoint).await;
        fits.unwrap_or_else(|error| panic!("{checkpoint:?} fits: {error:?}"));
    }
}

/// A checkpoint that stands where the log has not come yet is not of this log.
pub async fn a_checkpoint_beyond_the_log_does_not_fit<S: ProjectionStore>(store: &S) {
    let (first, last) = two_events(store).await;
    let beyond = Position::new(last.position.get() + 1_000_000);
    for event in [None, Some(first.id), Some(last.id), Some(EventId::new())] {
        assert_foreign(store, Checkpoint::new(beyond, event)).await;
    }
}

/// A checkpoint whose event the log does not have, or only later, is not of this log.
pub async fn a_checkpoint_of_an_unknown_event_does_not_fit<S: ProjectionStore>(store: &S) {
    let (first, last) = two_events(store).await;
    assert_foreign(store, Checkpoint::new(last.position, Some(EventId::new()))).await;
    assert_foreign(store, Checkpoint::new(first.position, Some(last.id))).await;
}

async fn two_events<S: ProjectionStore>(store: &S) -> (StoredEvent, StoredEvent) {
    let stream = fresh();
    let appended = add(store, &stream, events(2)).await;
    settle(store, appended.position).await;
    let mut stored = read(store, &stream).await;
    let last = stored.pop().expect("two events");
    (stored.pop().expect("two events"), last)
}

async fn assert_foreign<S: ProjectionStore>(store: &S, checkpoint: Checkpoint) {
    let part = ProjectionPart::whole(unique("foreign"), 3);
    match store.fits(&part, checkpoint).await {
        Err(StoreError::ForeignCheckpoint { projection, what }) => {
            assert_eq!(projection, part, "the error names the projection");
            assert!(!what.is_empty(), "it says what does not fit");
        }
        answer => panic!("{checkpoint:?} does not fit: {answer:?}"),
    }
}

/// Where the next batch of a projection would start.
async fn checkpoint<S: ProjectionStore>(store: &S, name: &str, version: u32) -> Checkpoint {
    let batch = store.begin(name, version).await;
    batch.unwrap_or_else(|error| panic!("a batch cannot be opened: {error:?}")).checkpoint()
}

async fn upsert(
    batch: &mut impl ProjectionBatch,
    table: &'static Table,
    row: &Value,
) -> Result<(), StoreError> {
    batch.backend().upsert(table, &changes(table, std::slice::from_ref(row))).await
}
