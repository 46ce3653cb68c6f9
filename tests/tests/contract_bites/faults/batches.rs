//! Batches of projections.

use es_core::{
    Cell, Checkpoint, Position, ProjectionBatch as _, StoreError, SubscriptionStore as _,
};

use crate::bite::{Bite, bite};
use crate::broken::{busy, now};
use crate::fault::Fault::{
    self, BatchesWait, BeforeCommit, Commit, CommitsWhenDropped, Committed, Fits, Part, Upsert,
    WritesThrough,
};

pub(crate) fn a_new_projection_starts_at_the_beginning() -> Vec<Bite> {
    vec![bite(
        "a new projection starts at the first event",
        Fault::Checkpoint(|found| found.position = Position::new(found.position.get().max(1))),
        "a new projection starts at the beginning",
    )]
}

pub(crate) fn a_checkpoint_comes_back() -> Vec<Bite> {
    const SAYS: &str = "a checkpoint comes back";
    vec![
        bite("the event of a checkpoint is lost", Commit(|to| to.event = None), SAYS),
        bite(
            "a checkpoint has 32 bits",
            Commit(|to| to.position = Position::new(to.position.get().min(u32::MAX.into()))),
            SAYS,
        ),
    ]
}

pub(crate) fn each_version_of_a_projection_has_its_own_checkpoint() -> Vec<Bite> {
    vec![
        bite("versions share a checkpoint", Part(|part| part.version = 1), "2 is new"),
        bite(
            "the case of names does not count",
            Part(|part| part.name = part.name.to_lowercase()),
            "1 is new",
        ),
    ]
}

pub(crate) fn rows_and_checkpoint_appear_together() -> Vec<Bite> {
    vec![
        bite("rows are there before the commit", WritesThrough, "not yet visible"),
        bite(
            "rows are committed without the checkpoint",
            Commit(|to| *to = Checkpoint::default()),
            "with the checkpoint",
        ),
        bite(
            "the checkpoint is committed without the rows",
            Upsert(|_, _, rows| rows.retain(|row| row.cells.contains(&Cell::Integer(1)))),
            "rows are visible after the commit",
        ),
    ]
}

pub(crate) fn a_dropped_batch_leaves_nothing() -> Vec<Bite> {
    vec![
        bite("rows of a dropped batch stay", WritesThrough, "a dropped batch leaves no rows"),
        bite(
            "a batch that is dropped is committed",
            CommitsWhenDropped,
            "a dropped batch leaves no rows",
        ),
    ]
}

pub(crate) fn a_batch_with_a_bad_row_leaves_nothing() -> Vec<Bite> {
    vec![
        bite(
            "bad rows are left out",
            Upsert(|_, table, rows| {
                let whole = table.columns.len();
                rows.retain(|row| row.cells.len() == whole && !row.cells.contains(&Cell::Null));
            }),
            "must not be committed",
        ),
        bite("the rows before a bad one stay", WritesThrough, "leaves no rows"),
    ]
}

pub(crate) fn of_two_batches_from_one_checkpoint_one_commits() -> Vec<Bite> {
    vec![
        bite(
            "a commit does not look where the projection stands",
            BeforeCommit(|store, start| {
                let reset = store.begin_reset(&start.part.name, start.part.version, 1, start.from);
                let reset = now(reset).expect("memory is there");
                now(reset.commit(start.from)).expect("a reset is always possible");
            }),
            "of two batches from one checkpoint one commits: first true, second true",
        ),
        bite(
            "the one who is late is told of something else",
            Committed(|done| {
                if matches!(done, Err(StoreError::CheckpointMoved { .. })) {
                    *done = Err(busy());
                }
            }),
            "the other one failed with Unavailable",
        ),
    ]
}

pub(crate) fn batches_of_different_projections_are_independent() -> Vec<Bite> {
    vec![
        bite("one batch is open at a time", BatchesWait, "must not wait for ever"),
        bite(
            "a batch that is dropped is committed",
            CommitsWhenDropped,
            "each batch has its own end",
        ),
    ]
}

pub(crate) fn a_checkpoint_of_this_log_fits() -> Vec<Bite> {
    vec![bite("no checkpoint fits", Fits(|fits| *fits = Err(busy())), "fits: Unavailable")]
}

pub(crate) fn a_checkpoint_beyond_the_log_does_not_fit() -> Vec<Bite> {
    vec![bite("every checkpoint fits", Fits(|fits| *fits = Ok(())), "does not fit: Ok(())")]
}

pub(crate) fn a_checkpoint_of_an_unknown_event_does_not_fit() -> Vec<Bite> {
    vec![bite("every checkpoint fits", Fits(|fits| *fits = Ok(())), "does not fit: Ok(())")]
}
