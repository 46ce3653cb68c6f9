//! Appending to one stream.

use es_core::AppendError::{Conflict, DuplicateEvent, Store};
use es_core::ExpectedVersion::{Any, Exact, NoStream, StreamExists};
use es_core::StoreError::WrongCategory;
use es_core::{
    EventId, EventStore as _, ExpectedVersion, Position, StreamAppend, StreamId, Version,
};
use uuid::Uuid;

use super::{answer, half, under, whole};
use crate::bite::{Bite, bite};
use crate::broken::now;
use crate::fault::Fault::{Answer, Append, Event, Refused, Stream};

pub(crate) fn versions_count_from_one_without_holes() -> Vec<Bite> {
    vec![
        bite(
            "the first version is answered as 0",
            Answer(|answered| {
                if let Ok(done) = answered {
                    let (first, last) = (done.first_version.get(), done.version.get());
                    *done = answer(first - 1, last - 1, done.position.get());
                }
            }),
            "the first version of an append follows the stream",
        ),
        bite(
            "versions leave holes",
            Event(|event| event.version = Version::new(event.version.get() * 2 - 1)),
            "versions have no holes",
        ),
    ]
}

pub(crate) fn positions_rise_with_versions() -> Vec<Bite> {
    vec![
        bite(
            "the first position is 0",
            Event(|event| event.position = Position::new(event.position.get() - 1)),
            "positions begin at 1",
        ),
        bite(
            "positions are those of pages of two",
            Event(|event| event.position = Position::new(event.position.get().div_ceil(2))),
            "positions rise with versions",
        ),
    ]
}

pub(crate) fn positions_rise_from_answer_to_answer() -> Vec<Bite> {
    vec![bite(
        "the stream's version is answered as the position",
        Answer(|answered| {
            if let Ok(done) = answered {
                done.position = Position::new(done.version.get());
            }
        }),
        "positions rise from answer to answer",
    )]
}

pub(crate) fn an_append_answers_where_its_last_event_is() -> Vec<Bite> {
    vec![
        bite(
            "the position of the first event is answered",
            Answer(|answered| {
                if let Ok(done) = answered {
                    let before = done.version.get() - done.first_version.get();
                    done.position = Position::new(done.position.get() - before);
                }
            }),
            "answers the version and position of its last event",
        ),
        bite(
            "the version of the first event is answered",
            Answer(|answered| {
                if let Ok(done) = answered {
                    done.version = done.first_version;
                }
            }),
            "answers the version and position of its last event",
        ),
    ]
}

pub(crate) fn an_answered_append_is_visible_at_once() -> Vec<Bite> {
    vec![bite(
        "a read misses the newest event",
        Stream(|_, _, read| {
            read.as_mut().ok().and_then(Vec::pop);
        }),
        "an answered append is visible at once",
    )]
}

pub(crate) fn any_is_accepted_by_every_stream() -> Vec<Bite> {
    vec![
        bite(
            "`Any` is taken for `NoStream`",
            Append(|_, append| believe(append, |it| if it == Any { NoStream } else { it })),
            "(any version) was refused",
        ),
        bite(
            "`Any` is taken for `StreamExists`",
            Append(|_, append| believe(append, |it| if it == Any { StreamExists } else { it })),
            "(any version) was refused",
        ),
    ]
}

pub(crate) fn no_stream_is_accepted_only_by_a_missing_stream() -> Vec<Bite> {
    vec![
        bite(
            "`NoStream` is taken for `Any`",
            Append(|_, append| believe(append, |it| if it == NoStream { Any } else { it })),
            "an append that must be refused was accepted",
        ),
        bite(
            "a conflict does not tell the version found",
            Answer(|answered| {
                if let Err(Conflict { actual, .. }) = answered {
                    *actual = Version::START;
                }
            }),
            "a conflict tells the stream, what was expected, and the version found",
        ),
    ]
}

pub(crate) fn stream_exists_is_accepted_only_by_an_existing_stream() -> Vec<Bite> {
    vec![
        bite(
            "`StreamExists` is taken for `Any`",
            Append(|_, append| believe(append, |it| if it == StreamExists { Any } else { it })),
            "an append that must be refused was accepted",
        ),
        bite(
            "`StreamExists` is accepted by no stream",
            Append(|_, append| {
                let never = Exact(Version::new(99));
                believe(append, |it| if it == StreamExists { never } else { it });
            }),
            "a conflict tells the stream, what was expected, and the version found",
        ),
    ]
}

pub(crate) fn exact_is_accepted_only_at_that_version() -> Vec<Bite> {
    vec![
        bite(
            "the version expected is ignored",
            Append(|_, append| {
                believe(append, |it| if matches!(it, Exact(_)) { Any } else { it });
            }),
            "an append that must be refused was accepted",
        ),
        bite(
            "versions beyond 2^63 are taken for none",
            Append(|_, append| {
                let is_absurd = |version: Version| version.get() > i64::MAX.cast_unsigned();
                believe(append, |it| match it {
                    Exact(version) if is_absurd(version) => Any,
                    _ => it,
                });
            }),
            "an append that must be refused was accepted",
        ),
        bite(
            "an earlier version is as good as the last",
            Append(|store, append| {
                let there = whole(store, &append.stream).map_or(0, |events| events.len() as u64);
                if matches!(append.expected, Exact(version) if (1..there).contains(&version.get()))
                {
                    append.expected = Any;
                }
            }),
            "an append that must be refused was accepted",
        ),
    ]
}

pub(crate) fn a_conflict_writes_nothing() -> Vec<Bite> {
    vec![
        bite("half of a conflicting append is written", Refused(half), "a conflict writes nothing"),
        bite(
            "a conflicting append is written elsewhere",
            Refused(|store, mut append| {
                append.stream = StreamId::new(append.stream.category().clone(), Uuid::now_v7());
                half(store, append);
            }),
            "these events are stored nevertheless",
        ),
    ]
}

pub(crate) fn a_stream_keeps_its_category() -> Vec<Bite> {
    vec![
        bite(
            "an append does not look at the category",
            Append(|_, append| append.stream = under(&append.stream, "contract")),
            "an append that must be refused was accepted",
        ),
        bite(
            "a read does not look at the category",
            Stream(|store, stream, read| {
                if matches!(read, Err(WrongCategory { .. })) {
                    *read = whole(store, &under(stream, "contract"));
                }
            }),
            "a stream keeps its category: read as",
        ),
        bite(
            "another category is a conflict",
            Answer(|answered| {
                if let Err(Store(WrongCategory { stream, .. })) = answered {
                    let (stream, actual) = (stream.clone(), Version::START);
                    *answered = Err(Conflict { stream, expected: Any, actual });
                }
            }),
            "must fail with `WrongCategory`",
        ),
    ]
}

pub(crate) fn an_event_id_is_taken_once() -> Vec<Bite> {
    vec![
        bite(
            "an event id is taken again",
            Append(|store, append| {
                for event in &mut append.events {
                    if !now(store.locate(&[event.id])).expect("memory is there").is_empty() {
                        event.id = EventId::new();
                    }
                }
            }),
            "an append that must be refused was accepted",
        ),
        bite(
            "the events beside the one that is there are stored",
            Refused(half),
            "these events are stored nevertheless",
        ),
        bite(
            "another id is named",
            Answer(|answered| {
                if let Err(DuplicateEvent { event }) = answered {
                    *event = EventId::new();
                }
            }),
            "the error names the id",
        ),
    ]
}

fn believe(append: &mut StreamAppend, tamper: impl FnOnce(ExpectedVersion) -> ExpectedVersion) {
    append.expected = tamper(append.expected);
}
