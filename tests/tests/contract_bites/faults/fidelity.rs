//! What comes back, and how.

use chrono::{DurationRound as _, SubsecRound as _, TimeDelta};
use es_core::{Category, EventId, EventName, Metadata, Payload, SchemaVersion, StreamId};
use serde_json::Value;

use crate::bite::{Bite, bite};
use crate::fault::Fault::{Append, Event, Page, Streamed};

pub(crate) fn payloads_come_back_byte_for_byte() -> Vec<Bite> {
    const SAYS: &str = "payloads come back byte for byte";
    vec![
        bite(
            "payloads are serialised again",
            Event(|event| {
                let json: Value = event.payload.decode().expect("a payload is JSON");
                event.payload = Payload::from_json(json.to_string()).expect("and still is");
            }),
            SAYS,
        ),
        bite(
            "payloads are trimmed",
            Event(|event| {
                let text = event.payload.as_str().trim().to_owned();
                event.payload = Payload::from_json(text).expect("it still is JSON");
            }),
            SAYS,
        ),
    ]
}

pub(crate) fn metadata_comes_back_as_written() -> Vec<Bite> {
    const SAYS: &str = "metadata comes back as written";
    vec![
        bite("the tenant is lost", Event(|event| event.metadata.tenant = None), SAYS),
        bite(
            "an empty actor is none",
            Event(|event| {
                event.metadata.actor = event.metadata.actor.take().filter(|a| !a.is_empty());
            }),
            SAYS,
        ),
        bite(
            "the free map keeps floating-point numbers",
            Event(|event| {
                for value in event.metadata.extra.values_mut() {
                    if let Some(number) = value.as_f64() {
                        *value = number.into();
                    }
                }
            }),
            SAYS,
        ),
        bite(
            "correlation and causation are mixed up",
            Event(|event| {
                let Metadata { correlation, causation, .. } = &mut event.metadata;
                std::mem::swap(correlation, causation);
            }),
            SAYS,
        ),
    ]
}

pub(crate) fn names_come_back_verbatim() -> Vec<Bite> {
    vec![
        bite(
            "names of events are trimmed",
            Event(|event| {
                let name = event.name.as_str().trim().to_owned();
                event.name = EventName::new(name).expect("it still is a name");
            }),
            "names of events come back verbatim",
        ),
        bite(
            "names of events are composed",
            Event(|event| {
                let name = event.name.as_str().replace("e\u{301}", "\u{e9}");
                event.name = EventName::new(name).expect("it still is a name");
            }),
            "names of events come back verbatim",
        ),
        bite(
            "categories are lower case",
            Event(|event| {
                let category = event.stream.category().as_str().to_lowercase();
                let category = Category::new(category).expect("it still is a category");
                event.stream = StreamId::new(category, event.stream.id());
            }),
            "categories come back verbatim",
        ),
    ]
}

pub(crate) fn times_come_back_cut_to_the_microsecond() -> Vec<Bite> {
    const SAYS: &str = "comes back cut to the microsecond";
    vec![
        bite(
            "times are cut to the millisecond",
            Event(|event| event.occurred_at = event.occurred_at.trunc_subsecs(3)),
            SAYS,
        ),
        bite(
            "times are rounded to the microsecond",
            Append(|_, append| {
                for event in &mut append.events {
                    let rounded = event.occurred_at.duration_round(TimeDelta::microseconds(1));
                    event.occurred_at = rounded.unwrap_or(event.occurred_at);
                }
            }),
            SAYS,
        ),
        bite(
            "times are cut towards 1970",
            Append(|_, append| {
                for event in &mut append.events {
                    if event.occurred_at.timestamp() < 0
                        && event.occurred_at.timestamp_subsec_nanos() % 1000 > 0
                    {
                        event.occurred_at += TimeDelta::microseconds(1);
                    }
                }
            }),
            SAYS,
        ),
    ]
}

pub(crate) fn identities_and_schema_versions_come_back() -> Vec<Bite> {
    const SAYS: &str = "(id, schema version) come back as written";
    vec![
        bite(
            "schema versions are lost",
            Event(|event| event.schema_version = SchemaVersion::FIRST),
            SAYS,
        ),
        bite("event ids are made anew", Event(|event| event.id = EventId::new()), SAYS),
    ]
}

pub(crate) fn recorded_at_is_the_time_of_storing() -> Vec<Bite> {
    vec![
        bite(
            "the time of storing is the event's own",
            Event(|event| event.recorded_at = event.occurred_at),
            "recorded_at is now",
        ),
        bite(
            "the time of storing is in nanoseconds",
            Event(|event| event.recorded_at += TimeDelta::nanoseconds(1)),
            "recorded_at is in microseconds",
        ),
    ]
}

pub(crate) fn the_log_gives_what_the_stream_gives() -> Vec<Bite> {
    vec![
        bite(
            "pages of the log have no metadata",
            Page(|_, _, _, page| {
                page.events.iter_mut().for_each(|event| event.metadata = Metadata::new());
            }),
            "the log gives what the stream gives",
        ),
        bite(
            "the streamed log has no metadata",
            Streamed(|events| {
                for event in events {
                    event.metadata = Metadata::new();
                }
            }),
            "the streamed log gives what the stream gives",
        ),
    ]
}
