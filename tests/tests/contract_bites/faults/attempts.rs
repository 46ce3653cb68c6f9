//! Attempts at one event.

use es_core::Position;

use crate::bite::{Bite, bite};
use crate::fault::Fault::{Attempt, Attempts, ForgetsNothing, Remembered};

pub(crate) fn attempts_are_counted_before_they_are_made() -> Vec<Bite> {
    vec![
        bite(
            "every attempt is the first",
            Attempts(|noted| *noted = noted.clone().map(|_| 1)),
            "each attempt is counted",
        ),
        bite(
            "attempts are counted from 0",
            Attempts(|noted| *noted = noted.clone().map(|attempts| attempts - 1)),
            "each attempt is counted",
        ),
    ]
}

pub(crate) fn attempts_at_another_event_begin_anew() -> Vec<Bite> {
    vec![
        bite(
            "attempts at all events are counted together",
            Attempt(|position| *position = Position::new(1)),
            "at 8",
        ),
        bite("attempts are not forgotten", ForgetsNothing, "they were forgotten"),
    ]
}

pub(crate) fn a_commit_forgets_attempts() -> Vec<Bite> {
    vec![
        bite(
            "a commit forgets no attempts",
            Attempt(|position| *position = Position::new(position.get() + 100)),
            "a commit with the event",
        ),
        bite(
            "every commit forgets all attempts",
            Attempt(|position| *position = Position::new(1)),
            "a commit before the event",
        ),
    ]
}

pub(crate) fn an_earlier_owner_counts_no_attempts() -> Vec<Bite> {
    const SAYS: &str = "an earlier owner counts no attempts: expected `CheckpointMoved`, got Ok";
    vec![
        bite(
            "attempts are counted for everybody",
            Attempts(|noted| *noted = Ok(noted.clone().unwrap_or(1))),
            SAYS,
        ),
        bite("whoever asks has attempts forgotten", ForgetsNothing, SAYS),
    ]
}

pub(crate) fn attempts_can_be_looked_up() -> Vec<Bite> {
    vec![
        bite(
            "it is not told at which event attempts were made",
            Remembered(|attempts| {
                if let Some((position, _)) = attempts {
                    *position = Position::START;
                }
            }),
            "attempts are remembered",
        ),
        bite(
            "no attempts are attempts at nothing",
            Remembered(|attempts| *attempts = attempts.or(Some((Position::START, 0)))),
            "nothing was tried",
        ),
        bite("attempts are not forgotten", ForgetsNothing, "attempts are forgotten"),
    ]
}
