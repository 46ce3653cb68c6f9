//! Many at once.

use es_core::AppendError::{Conflict, DuplicateEvent, Store};
use es_core::ExpectedVersion::Any;
use es_core::StoreError::WrongCategory;
use es_core::{Position, Version};

use super::{answer, half, under};
use crate::bite::{Bite, bite};
use crate::broken::Appending::{Alone, BelievesForOthers, LocksInOrder, LooksFirst, Piecemeal};
use crate::fault::Fault::{self, Answer, Append, Appending, Page, Refused};

pub(crate) fn one_of_many_creators_wins() -> Vec<Bite> {
    vec![
        bite(
            "a belief is looked at a moment before the append",
            Appending(LooksFirst),
            "of 24 racers with `no stream` one wins",
        ),
        bite(
            "whoever loses is told that there is no stream",
            Answer(|answered| {
                if let Err(Conflict { actual, .. }) = answered {
                    *actual = Version::START;
                }
            }),
            "who loses is told the version that the winner made",
        ),
    ]
}

pub(crate) fn one_of_many_writers_at_a_version_wins() -> Vec<Bite> {
    vec![
        bite(
            "a belief is looked at a moment before the append",
            Appending(LooksFirst),
            "of 24 racers with `version 3` one wins",
        ),
        bite(
            "half of what loses is stored",
            Refused(half),
            "who loses is told the version that the winner made",
        ),
    ]
}

pub(crate) fn appends_without_a_belief_all_succeed() -> Vec<Bite> {
    vec![bite(
        "whoever believes nothing loses races",
        Appending(BelievesForOthers),
        "appends without a belief all succeed: Conflict",
    )]
}

pub(crate) fn callers_at_once_see_their_own_appends() -> Vec<Bite> {
    vec![bite("one may append at a time", Appending(Alone), "was refused: Store(Unavailable")]
}

pub(crate) fn an_event_id_in_many_appends_at_once_is_stored_once() -> Vec<Bite> {
    vec![
        bite(
            "an id that is taken is answered as stored",
            Answer(|answered| {
                if let Err(DuplicateEvent { .. }) = answered {
                    *answered = Ok(answer(1, 2, 2));
                }
            }),
            "an event id in many appends at once is stored once",
        ),
        bite(
            "the other events of those who lose are stored",
            Refused(half),
            "an event id in many appends at once is stored once",
        ),
        bite(
            "one may append at a time",
            Appending(Alone),
            "expected `DuplicateEvent`, got Store(Unavailable",
        ),
    ]
}

pub(crate) fn calls_for_the_same_streams_at_once_all_succeed() -> Vec<Bite> {
    vec![
        bite(
            "streams are locked in the order of the entries",
            Appending(LocksInOrder),
            "a call must not wait for ever",
        ),
        bite(
            "whoever believes nothing loses races",
            Appending(BelievesForOthers),
            "calls for the same streams at once all succeed: Conflict",
        ),
    ]
}

pub(crate) fn a_race_leaves_a_stream_in_one_category() -> Vec<Bite> {
    const SAYS: &str = "a race leaves a stream in one category";
    vec![
        bite(
            "an append does not look at the category",
            Append(|_, append| append.stream = under(&append.stream, "contract")),
            SAYS,
        ),
        bite(
            "whoever loses is told of a conflict",
            Answer(|answered| {
                if let Err(Store(WrongCategory { stream, .. })) = answered {
                    let (stream, actual) = (stream.clone(), Version::START);
                    *answered = Err(Conflict { stream, expected: Any, actual });
                }
            }),
            SAYS,
        ),
    ]
}

pub(crate) fn a_reader_that_follows_writers_misses_nothing() -> Vec<Bite> {
    vec![
        bite(
            "the newest event is passed before it is seen",
            Page(|_, _, limit, page| {
                if page.events.len() < limit {
                    page.events.pop();
                }
            }),
            "the events seen are those written, each once",
        ),
        bite(
            "the last event of a page comes again",
            Fault::LogQuery(|query| {
                query.after = Position::new(query.after.get().saturating_sub(1));
            }),
            "positions do not rise",
        ),
    ]
}

pub(crate) fn a_dropped_append_is_stored_whole_or_not_at_all() -> Vec<Bite> {
    vec![bite(
        "an append stores one event after the other",
        Appending(Piecemeal),
        "a dropped append is stored whole or not at all: dropped after",
    )]
}
