//! What a store with the default [`Limits`] refuses before it writes anything.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::support::{add, assert_absent, assert_holds, entry, events, fresh, named, refused};
use crate::error::{AppendError, Invalid};
use crate::limits::Limits;
use crate::metadata::Metadata;
use crate::record::NewEvent;
use crate::store::EventStore;
use crate::version::ExpectedVersion::{Any, NoStream};

/// An append without events is refused, on a missing and on an existing stream.
pub async fn an_empty_append_is_refused<S: EventStore>(store: &S) {
    let stream = fresh();
    for there in [0, 2] {
        if there > 0 {
            add(store, &stream, events(there)).await;
        }
        match refused(store, entry(&stream, Any, Vec::new())).await {
            AppendError::Invalid(Invalid::NoEvents { stream: named }) => {
                assert_eq!(named, stream, "the error names the stream");
            }
            error => panic!("an empty append must be refused with `NoEvents`, not {error:?}"),
        }
    }
}

/// A payload of exactly the limit is stored, one byte more is refused.
pub async fn a_payload_over_the_limit_is_refused<S: EventStore>(store: &S) {
    let limit = Limits::default().payload_bytes;
    let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    let stream = fresh();
    let largest = vec![named("large", &text(limit))];
    add(store, &stream, largest.clone()).await;
    assert_holds(store, &stream, &largest, "a payload of exactly the limit is stored").await;

    let large = named("large", &text(limit + 1));
    match refuse_one(store, large).await {
        Invalid::TooLarge { part: "payload", event, bytes, limit: named } => assert_eq!(
            (event.as_str(), bytes, named),
            ("large", limit + 1, limit),
            "the error names the event, its bytes and the limit"
        ),
        error => panic!("a large payload must be refused with `TooLarge`, not {error:?}"),
    }
}

/// As many events as the limit allows are stored in one append, one more are refused.
pub async fn too_many_events_are_refused<S: EventStore>(store: &S) {
    let limit = Limits::default().events;
    let stream = fresh();
    let most = events(limit);
    add(store, &stream, most.clone()).await;
    assert_holds(store, &stream, &most, "as many events as the limit allows are stored").await;

    let (stream, many) = (fresh(), events(limit + 1));
    match refused(store, entry(&stream, Any, many.clone())).await {
        AppendError::Invalid(Invalid::TooManyEvents { stream: named, events, limit: most }) => {
            assert_eq!(
                (named, events, most),
                (stream.clone(), limit + 1, limit),
                "the error names the stream, its events and the limit"
            );
        }
        error => panic!("{} events must be refused with `TooManyEvents`: {error:?}", many.len()),
    }
    assert_holds(store, &stream, &[], "too many events are refused").await;
}

/// Metadata with a NUL, nested too deep, over the limit, or that would be read back as something else is refused.
pub async fn metadata_that_cannot_be_kept_is_refused<S: EventStore>(store: &S) {
    let limit = Limits::default().payload_bytes;
    let nested = (0..120).fold(json!(0), |inner, _| json!([inner]));
    // An object that begins with this key is taken by `serde_json` for JSON in a text.
    let raw = |json| json!([{ "$serde_json::private::RawValue": json }]);
    let broken: [(&str, Metadata); 7] = [
        ("a NUL in the actor", Metadata::new().actor("a\0b")),
        ("a NUL in the tenant", Metadata::new().tenant("\0")),
        ("a NUL in a key", Metadata::new().with("k\0", 1)),
        ("a NUL in a value", Metadata::new().with("k", json!({ "deep": ["\0"] }))),
        ("120 levels", Metadata::new().with("k", nested)),
        ("an object that cannot be read", Metadata::new().with("k", raw(json!(1)))),
        ("an object read as another value", Metadata::new().with("k", raw(json!("1")))),
    ];
    for (what, metadata) in broken {
        match refuse_one(store, named("noted", "{}").metadata(metadata)).await {
            Invalid::Metadata { event, .. } => assert_eq!(event.as_str(), "noted"),
            error => panic!("{what} must be refused with `Metadata`, not {error:?}"),
        }
    }
    let large = Metadata::new().with("k", Value::from("x".repeat(limit)));
    match refuse_one(store, named("noted", "{}").metadata(large)).await {
        Invalid::TooLarge { part: "metadata", .. } => {}
        error => panic!("large metadata must be refused with `TooLarge`, not {error:?}"),
    }
}

/// Times that not every store can hold are refused.
pub async fn times_out_of_range_are_refused<S: EventStore>(store: &S) {
    for time in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        match refuse_one(store, named("timed", "{}").occurred_at(time)).await {
            Invalid::Time { event, .. } => assert_eq!(event.as_str(), "timed"),
            error => panic!("the time {time} must be refused with `Time`, not {error:?}"),
        }
    }
}

/// Has one bad event between two good ones refused, and sees that none of the three is stored.
async fn refuse_one<S: EventStore>(store: &S, bad: NewEvent) -> Invalid {
    let stream = fresh();
    let mut all = events(2);
    all.insert(1, bad);
    let ids: Vec<_> = all.iter().map(|event| event.id).collect();
    let invalid = match refused(store, entry(&stream, NoStream, all)).await {
        AppendError::Invalid(invalid) => invalid,
        error => panic!("bad input must be refused with `Invalid`, not {error:?}"),
    };
    assert_holds(store, &stream, &[], "what is refused leaves no stream").await;
    assert_absent(store, &ids, "what is refused is not stored in part").await;
    invalid
}
