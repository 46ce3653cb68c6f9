//! Setting a projection back.

use chrono::Utc;
use es_core::{DeadLetter, EventId, LetterState, Position};
use uuid::Uuid;

use crate::bite::{Bite, bite};
use crate::fault::Fault::{
    Attempts, Begun, Checkpoints, Leased, Letters, ResetsAtOnce, ResetsWhereItBegan, Start, Upsert,
};

pub(crate) fn a_reset_fences_every_owner() -> Vec<Bite> {
    vec![
        bite(
            "a commit does not look at the lease",
            Start(|start| start.epoch = None),
            "a reset fences every owner: expected `CheckpointMoved`, got Ok",
        ),
        bite(
            "whoever was fenced counts attempts",
            Attempts(|noted| *noted = Ok(noted.clone().unwrap_or(1))),
            "a reset fences every owner: expected `CheckpointMoved`, got Ok",
        ),
        bite(
            "the leases that a reset ended are not free",
            Leased(|leased| {
                for leases in leased.iter_mut().filter(|leases| leases.held.len() == 1) {
                    leases.held.clear();
                }
            }),
            "every part is free",
        ),
        bite(
            "the leases that a reset ended were not given back",
            Leased(|leased| {
                for lease in leased.iter_mut().flat_map(|leases| &mut leases.held) {
                    lease.unclean = true;
                }
            }),
            "unclean: true",
        ),
    ]
}

pub(crate) fn a_reset_sets_everything_back() -> Vec<Bite> {
    vec![
        bite(
            "a reset moves the checkpoint where it was begun",
            ResetsWhereItBegan,
            "all parts are where the reset puts them",
        ),
        bite(
            "a reset leaves parts out",
            Checkpoints(|found| found.truncate(found.len() - 1)),
            "all parts are where the reset puts them",
        ),
        bite(
            "a reset leaves a dead letter",
            Letters(|found| {
                let (event, stream) = (EventId::new(), Uuid::now_v7());
                let (at, state) = (Position::new(5), LetterState::Failed);
                found.push(DeadLetter::new(at, event, stream, state, Utc::now()));
            }),
            "dead letters are gone",
        ),
        bite(
            "attempts outlive a reset",
            Attempts(|noted| *noted = noted.clone().map(|attempts| attempts + 1)),
            "attempts are forgotten",
        ),
        bite(
            "rows of a reset are lost",
            Upsert(|_, _, rows| rows.clear()),
            "rows appear with the reset",
        ),
    ]
}

pub(crate) fn a_dropped_reset_changes_nothing() -> Vec<Bite> {
    vec![
        bite("a reset is made when it is opened", ResetsAtOnce, "nothing has changed"),
        bite(
            "a commit does not look at the lease",
            Start(|start| start.epoch = None),
            "there is no such lease",
        ),
    ]
}

pub(crate) fn a_part_has_begun_when_it_was_put_somewhere() -> Vec<Bite> {
    vec![
        bite("every part has begun", Begun(|_| true), "has not begun"),
        bite("no part has ever begun", Begun(|_| false), "a part that has committed has begun"),
    ]
}
