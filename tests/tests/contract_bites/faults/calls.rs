//! Several streams in one call.

use es_core::AppendError;
use es_core::{StoreError, Version};

use super::{answer, half};
use crate::bite::{Bite, bite};
use crate::broken::{Appending::OneByOne, busy};
use crate::fault::Fault::{Answer, Answers, Appending, Call, Refused};

pub(crate) fn outcomes_come_one_per_entry_in_order() -> Vec<Bite> {
    vec![
        bite(
            "outcomes come in another order",
            Answers(|answers| answers.reverse()),
            "is that of entry",
        ),
        bite(
            "an outcome is missing",
            Answers(|answers| answers.truncate(answers.len().div_ceil(2))),
            "each entry gets exactly one outcome",
        ),
        bite(
            "there is an outcome of no entry",
            Answers(|answers| {
                if answers.is_empty() {
                    answers.push(Err(busy().into()));
                }
            }),
            "no entries, no outcomes",
        ),
    ]
}

pub(crate) fn entries_of_one_call_are_independent() -> Vec<Bite> {
    vec![
        bite(
            "one refused entry has all refused",
            Answers(|answers| {
                if answers.iter().any(Result::is_err) {
                    answers.fill(Err(busy().into()));
                }
            }),
            "entry 0 must be stored",
        ),
        bite(
            "a refused entry is stored by half",
            Refused(half),
            "entries of one call are independent",
        ),
        bite(
            "every refusal is a conflict",
            Answer(|answered| {
                if let Err(AppendError::Store(StoreError::WrongCategory { stream, .. })) = answered
                {
                    *answered = Err(AppendError::Conflict {
                        stream: stream.clone(),
                        expected: es_core::ExpectedVersion::Any,
                        actual: Version::new(1),
                    });
                }
            }),
            "must be refused with `WrongCategory`",
        ),
    ]
}

pub(crate) fn positions_follow_the_order_of_the_entries() -> Vec<Bite> {
    vec![
        bite(
            "entries are stored by the order of the streams",
            Call(|call| call.sort_by_key(|append| append.stream.id())),
            "positions follow the order of the entries (ids falling)",
        ),
        bite(
            "entries are stored from the last to the first",
            Call(|call| call.reverse()),
            "positions follow the order of the entries (ids rising)",
        ),
    ]
}

pub(crate) fn a_stream_twice_in_one_call_is_refused_the_second_time() -> Vec<Bite> {
    vec![
        bite(
            "entries are appended one by one",
            Appending(OneByOne),
            "expected `RepeatedStream`, got Ok",
        ),
        bite(
            "both entries are refused",
            Answers(|answers| {
                if answers.len() == 3 && answers[1].is_err() {
                    answers[0] = answers[1].clone();
                }
            }),
            "a stream twice in one call is refused the second time",
        ),
    ]
}

pub(crate) fn an_event_id_twice_in_one_call_is_refused_where_it_repeats() -> Vec<Bite> {
    vec![bite(
        "entries are appended one by one",
        Appending(OneByOne),
        "expected `RepeatedEvent`, got Err(DuplicateEvent",
    )]
}

pub(crate) fn calls_follow_each_other() -> Vec<Bite> {
    vec![bite(
        "a call does not see the one before",
        Answer(|answered| {
            if let Ok(done) = answered {
                *done = answer(1, 1, done.position.get());
            }
        }),
        "round 2 answers",
    )]
}
