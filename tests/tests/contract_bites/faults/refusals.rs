//! What is refused before anything is written.

use chrono::{DateTime, Utc};
use es_core::AppendError::{Conflict, Invalid};
use es_core::{ExpectedVersion, Limits, Metadata, Version};

use super::{answer, half};
use crate::bite::{Bite, bite};
use crate::fault::Fault::{self, Answer, Append, Refused};

const ACCEPTED: &str = "an append that must be refused was accepted";

pub(crate) fn an_empty_append_is_refused() -> Vec<Bite> {
    vec![
        bite(
            "an append of nothing succeeds",
            Answer(|answered| {
                if let Err(Invalid(es_core::Invalid::NoEvents { .. })) = answered {
                    *answered = Ok(answer(0, 0, 0));
                }
            }),
            ACCEPTED,
        ),
        bite(
            "an append of nothing is a conflict",
            Answer(|answered| {
                if let Err(Invalid(es_core::Invalid::NoEvents { stream })) = answered {
                    let (stream, expected) = (stream.clone(), ExpectedVersion::Any);
                    *answered = Err(Conflict { stream, expected, actual: Version::START });
                }
            }),
            "must be refused with `NoEvents`",
        ),
    ]
}

pub(crate) fn a_payload_over_the_limit_is_refused() -> Vec<Bite> {
    let limits = Limits::default();
    vec![
        bite(
            "payloads may be one byte too long",
            Fault::Limits(limits.payload_bytes(limits.payload_bytes + 1)),
            ACCEPTED,
        ),
        bite(
            "payloads of the limit are refused",
            Fault::Limits(limits.payload_bytes(limits.payload_bytes - 1)),
            "was refused: Invalid(TooLarge",
        ),
        bite(
            "the events beside a large one are stored",
            Refused(half),
            "what is refused leaves no stream",
        ),
    ]
}

pub(crate) fn too_many_events_are_refused() -> Vec<Bite> {
    let limits = Limits::default();
    vec![
        bite(
            "an append may have one event too many",
            Fault::Limits(limits.events(limits.events + 1)),
            ACCEPTED,
        ),
        bite(
            "as many events as the limit are refused",
            Fault::Limits(limits.events(limits.events - 1)),
            "was refused: Invalid(TooManyEvents",
        ),
        bite("some of too many events are stored", Refused(half), "too many events are refused"),
    ]
}

pub(crate) fn metadata_that_cannot_be_kept_is_refused() -> Vec<Bite> {
    vec![
        bite(
            "metadata is cut to what can be kept",
            Append(|_, append| {
                for event in &mut append.events {
                    event.metadata = Metadata::new();
                }
            }),
            ACCEPTED,
        ),
        bite(
            "NUL characters are left out",
            Append(|_, append| {
                for event in &mut append.events {
                    if let Some(actor) = &mut event.metadata.actor {
                        actor.retain(|c| c != '\0');
                    }
                }
            }),
            ACCEPTED,
        ),
        bite(
            "the events beside a bad one are stored",
            Refused(half),
            "what is refused leaves no stream",
        ),
    ]
}

pub(crate) fn times_out_of_range_are_refused() -> Vec<Bite> {
    vec![bite(
        "times are cut to those that can be kept",
        Append(|_, append| {
            for event in &mut append.events {
                let (least, most) = (DateTime::<Utc>::UNIX_EPOCH, Utc::now());
                event.occurred_at = event.occurred_at.clamp(least, most);
            }
        }),
        ACCEPTED,
    )]
}
