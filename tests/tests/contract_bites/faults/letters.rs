//! Dead letters.

use es_core::{LetterSelection, LetterState};

use crate::bite::{Bite, bite};
use crate::fault::Fault::{Buried, BuriesAtOnce, Letters, Meant, Told, Unburied};

pub(crate) fn letters_keep_order_and_state() -> Vec<Bite> {
    vec![
        bite("letters come in falling order", Letters(|found| found.reverse()), "Open"),
        bite("errors are lost", Buried(|letter| letter.error.clear()), "Open"),
        bite("attempts are lost", Buried(|letter| letter.attempts = 0), "Open"),
        bite("what waits has failed", Buried(|letter| letter.state = LetterState::Failed), "Open"),
        bite(
            "the time is lost",
            Letters(|found| {
                for letter in found {
                    letter.failed_at = chrono::DateTime::default();
                }
            }),
            "when they were put in is kept",
        ),
    ]
}

pub(crate) fn letters_appear_with_their_batch() -> Vec<Bite> {
    vec![bite("a letter is there before the commit", BuriesAtOnce, "not yet")]
}

pub(crate) fn a_letter_is_there_once() -> Vec<Bite> {
    const SAYS: &str = "a letter that is put in again is as it was put in last";
    vec![
        bite("the first attempts stay", Buried(|letter| letter.attempts = 0), SAYS),
        bite("the first state stays", Buried(|letter| letter.state = LetterState::Parked), SAYS),
        bite(
            "a retry is still asked for",
            Letters(|found| found.iter_mut().for_each(|letter| letter.retry = true)),
            SAYS,
        ),
        bite(
            "a letter is there for each attempt",
            Letters(|found| found.extend(found.clone())),
            SAYS,
        ),
    ]
}

pub(crate) fn a_discarded_letter_keeps_its_reason() -> Vec<Bite> {
    vec![
        bite(
            "reasons are lost",
            Letters(|found| found.iter_mut().for_each(|letter| letter.reason = None)),
            "asked for by its position",
        ),
        bite(
            "all letters are discarded with one",
            Meant(|select| *select = LetterSelection::All),
            "one letter is meant",
        ),
        bite(
            "discarded letters are meant too",
            Told(|letters| letters.max(1)),
            "what is discarded is not open",
        ),
    ]
}

pub(crate) fn a_letter_is_taken_out_once() -> Vec<Bite> {
    vec![
        bite("every letter is said to be there", Unburied(|_| true), "nothing is there"),
        bite("no letter is said to be there", Unburied(|_| false), "it is there"),
        bite(
            "a discarded letter is forgotten",
            Letters(|found| found.retain(|letter| letter.state != LetterState::Discarded)),
            "what is discarded stays",
        ),
    ]
}

pub(crate) fn a_retry_is_asked_for_and_noted() -> Vec<Bite> {
    vec![
        bite(
            "all letters are tried again",
            Meant(|select| *select = LetterSelection::Open),
            "how many are meant",
        ),
        bite(
            "a retry is not told",
            Letters(|found| found.iter_mut().for_each(|letter| letter.retry = false)),
            "retry: false",
        ),
        bite("it is not told how many are meant", Told(|_| 1), "how many are meant"),
    ]
}
