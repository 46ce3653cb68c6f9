//! Reading one stream.

use es_core::{EventStore as _, LogQuery, Version};

use crate::bite::{Bite, bite};
use crate::broken::{busy, now};
use crate::fault::Fault::{KeepsUnfinishedReads, Stream, StreamQuery};

pub(crate) fn a_missing_stream_is_empty() -> Vec<Bite> {
    vec![bite(
        "a missing stream is an error",
        Stream(|_, _, read| {
            if matches!(read, Ok(events) if events.is_empty()) {
                *read = Err(busy());
            }
        }),
        "cannot be read",
    )]
}

pub(crate) fn a_stream_is_read_after_and_up_to() -> Vec<Bite> {
    vec![
        bite(
            "the event at `after` comes too",
            StreamQuery(|query| query.after = Version::new(query.after.get().saturating_sub(1))),
            "after 1 up to",
        ),
        bite(
            "the event at `up_to` does not come",
            StreamQuery(|query| {
                query.up_to = query.up_to.map(|last| Version::new(last.get().saturating_sub(1)));
            }),
            "after 0 up to Some(1)",
        ),
        bite(
            "versions beyond 2^63 are before the first",
            StreamQuery(|query| {
                if query.after.get() > i64::MAX.cast_unsigned() {
                    query.after = Version::START;
                }
            }),
            "after 18446744073709551615 up to",
        ),
    ]
}

pub(crate) fn a_long_stream_comes_whole() -> Vec<Bite> {
    vec![bite(
        "a stream is read up to its thousandth event",
        Stream(|_, _, read| read.iter_mut().for_each(|events| events.truncate(1000))),
        "a long stream comes whole",
    )]
}

pub(crate) fn streams_do_not_mix() -> Vec<Bite> {
    vec![bite(
        "a stream has all events of its category",
        Stream(|store, stream, read| {
            let all = LogQuery::default().category(stream.category().as_str());
            *read = now(store.read_log(all, 1000)).map(|page| page.events);
        }),
        "streams do not mix",
    )]
}

pub(crate) fn a_read_may_stop_early() -> Vec<Bite> {
    vec![bite(
        "a read that is dropped loses its connection",
        KeepsUnfinishedReads,
        "cannot be read",
    )]
}
