//! Projections inside an append.

use es_core::{AppendError, Position, StoredEvent};

use crate::bite::{Bite, bite};
use crate::broken::Inlining::{EventsFirst, Ignores, InTurn, RowsAtOnce, RowsFirst};
use crate::broken::busy;
use crate::fault::Fault::{self, Inlining};

/// Whatever is wrong, the store has failed.
const FAILS: Fault = Fault::Inlined(|answer| {
    if answer.is_err() {
        *answer = Err(AppendError::from(busy()).into());
    }
});

/// The projections run after the append, on what it has stored.
const AFTERWARDS: Fault = Inlining(EventsFirst(|_: &mut StoredEvent| {}));

pub(crate) fn events_and_inline_rows_appear_together() -> Vec<Bite> {
    vec![
        bite(
            "projections are not run",
            Inlining(Ignores),
            "what the handlers wrote is there at once",
        ),
        bite(
            "the version of the first event is answered",
            Fault::Inlined(|answer| {
                if let Ok(done) = answer {
                    done.version = done.first_version;
                }
            }),
            "the answer is the stream's",
        ),
    ]
}

pub(crate) fn inline_handlers_see_events_as_they_are_stored() -> Vec<Bite> {
    const SAYS: &str = "handlers see events as they are stored";
    vec![
        bite(
            "handlers see no positions",
            Inlining(EventsFirst(|event| event.position = Position::START)),
            SAYS,
        ),
        bite(
            "handlers see another time of storing",
            Inlining(EventsFirst(|event| event.recorded_at = event.occurred_at)),
            SAYS,
        ),
    ]
}

pub(crate) fn what_an_inline_handler_refuses_is_not_stored() -> Vec<Bite> {
    vec![
        bite(
            "projections run after the append",
            AFTERWARDS,
            "these events are stored nevertheless",
        ),
        bite("projections are not run", Inlining(Ignores), "a handler that Fails is no Ok"),
        bite("a row is there when it is written", Inlining(RowsAtOnce), "nor are rows"),
        bite("every refusal is a failure of the store", FAILS, "a handler that Fails is no Err"),
    ]
}

pub(crate) fn a_refused_append_leaves_no_inline_rows() -> Vec<Bite> {
    vec![
        bite(
            "projections run before the append",
            Inlining(RowsFirst),
            "a refused append leaves no rows",
        ),
        bite(
            "every refusal is a failure of the store",
            FAILS,
            "a belief that does not hold is a conflict",
        ),
    ]
}

pub(crate) fn inline_appends_at_once_lose_no_update() -> Vec<Bite> {
    vec![bite("projections run after the append", AFTERWARDS, "no update is lost")]
}

pub(crate) fn inline_appends_run_beside_others() -> Vec<Bite> {
    vec![
        bite(
            "handlers see no positions",
            Inlining(InTurn(|event| event.position = Position::START)),
            "a handler saw",
        ),
        bite(
            "projections are not run",
            Inlining(Ignores),
            "only those with projections are counted",
        ),
    ]
}

pub(crate) fn a_dropped_inline_append_is_stored_whole_or_not_at_all() -> Vec<Bite> {
    const SAYS: &str = "rows are those of the events that are stored";
    vec![
        bite("projections run after the append", AFTERWARDS, SAYS),
        bite("projections run before the append", Inlining(RowsFirst), SAYS),
    ]
}
