//! What was written comes back as it was written, from the stream and from the log.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::support::{
    add, as_stored, assert_holds, category, events, fresh, named, pages, read, settle, streamed,
};
use crate::event::SchemaVersion;
use crate::id::{EventId, StreamId};
use crate::metadata::Metadata;
use crate::record::NewEvent;
use crate::store::{EventStore, LogQuery};
use crate::version::Position;

/// A payload's text comes back byte for byte: spelling of numbers, order of keys, space, escapes, duplicate keys.
pub async fn payloads_come_back_byte_for_byte<S: EventStore>(store: &S) {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let texts = [
        r#"{"b":1.10,"a":1E5,"c":1e-7}"#,
        r#"{"big":123456789012345678901234567890,"exact":0.10000000000000000000000001}"#,
        r#"{"negative":-0,"zero":-0.0,"max":18446744073709551615,"min":-9223372036854775808}"#,
        r#"{"z":1,"a":2,"m":{"y":3,"b":4}}"#,
        r#"{"same":1,"same":2}"#,
        " { \"spaced\" :\t[ 1 , 2 ]\n} \n",
        r#"{"größe":"ß","日本":"🦀 e\u0301 é","rtl":"שלום"}"#,
        r#""\u00e9\ud83e\udd80 \" \\ \/ \b\f\n\r\t \\u0000""#,
        r#"{"":"","quote'":"$1 %s :name ?"}"#,
        "null",
        "true",
        "0",
        "{}",
        "[]",
        deep.as_str(),
    ];
    let new: Vec<_> = texts.iter().map(|text| named("spelt", text)).collect();
    let stream = fresh();
    add(store, &stream, new).await;
    let found = read(store, &stream).await;
    assert_eq!(found.len(), texts.len(), "each payload is stored once");
    for (event, text) in found.iter().zip(texts) {
        assert_eq!(event.payload.as_str(), text, "payloads come back byte for byte");
    }
}

/// Metadata comes back equal: the named fields, the free map, and none at all.
pub async fn metadata_comes_back_as_written<S: EventStore>(store: &S) {
    let full = Metadata::new()
        .actor("Ada \"the\" Größe 🦀\n")
        .tenant("")
        .correlation(Uuid::from_u128(7))
        .causation(Uuid::max())
        .with("", json!(null))
        .with("number", u64::MAX)
        .with("small", i64::MIN)
        .with("half", 0.5)
        .with("nested", json!({ "b": [1, "two", { "a": false }], "a": {} }));
    let deep = (0..90).fold(json!("core"), |inner, _| json!([inner]));
    // Of meaning to `serde_json`, but not here.
    let raw = "$serde_json::private::RawValue";
    let odd = Metadata::new().actor(raw).with(raw, json!([raw, { "!": 0, raw: 1 }]));
    let all =
        [Metadata::new(), full, Metadata::new().actor(""), Metadata::new().with("d", deep), odd];
    let new: Vec<_> =
        all.iter().map(|metadata| named("noted", "{}").metadata(metadata.clone())).collect();
    let stream = fresh();
    add(store, &stream, new).await;
    let found = read(store, &stream).await;
    let found: Vec<_> = found.into_iter().map(|event| event.metadata).collect();
    assert_eq!(found, all, "metadata comes back as written");
}

/// Names of events and categories come back verbatim, and names that only look alike stay apart.
pub async fn names_come_back_verbatim<S: EventStore>(store: &S) {
    let longest = "ß".repeat(256);
    let names = [
        "a",
        "A",
        "a ",
        " a",
        "a/../b",
        "it's \"quoted\"; drop table x; --",
        "100%",
        "_",
        "\\",
        "$1",
        "{a,b}",
        "NULL",
        "\u{e9}",
        "e\u{301}",
        "🦀",
        "\u{202e}rtl",
        longest.as_str(),
    ];
    let new: Vec<_> = names.iter().map(|name| named(name, "{}")).collect();
    let stream = fresh();
    add(store, &stream, new).await;
    let found = read(store, &stream).await;
    let found: Vec<_> = found.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(found, names, "names of events come back verbatim");

    for name in names {
        let stream = StreamId::new(category(name), Uuid::now_v7());
        let new = events(1);
        add(store, &stream, new.clone()).await;
        assert_holds(store, &stream, &new, "categories come back verbatim").await;
    }
}

/// `occurred_at` comes back cut to the microsecond, before 2000 and before 1970 too, at both ends of the range; a leap
/// second is the first of the next minute.
pub async fn times_come_back_cut_to_the_microsecond<S: EventStore>(store: &S) {
    let at = |text: &str| text.parse::<DateTime<Utc>>().expect("the suite's times are RFC 3339");
    let far = |years: i64| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(365 * years);
    let cases = [
        (at("2024-02-29T23:59:59.123456789Z"), at("2024-02-29T23:59:59.123456Z")),
        (at("2000-01-01T00:00:00.000000999Z"), at("2000-01-01T00:00:00Z")),
        (at("1999-12-31T23:59:59.999999999Z"), at("1999-12-31T23:59:59.999999Z")),
        (at("1999-06-01T12:00:00.000001001Z"), at("1999-06-01T12:00:00.000001Z")),
        (at("1969-12-31T23:59:59.999999999Z"), at("1969-12-31T23:59:59.999999Z")),
        (at("0001-01-01T00:00:00.000000500Z"), at("0001-01-01T00:00:00Z")),
        (at("2024-03-31T01:30:00Z"), at("2024-03-31T01:30:00Z")),
        (at("2016-12-31T23:59:60.5Z"), at("2017-01-01T00:00:00.5Z")),
        (at("9999-12-31T23:59:59.999999Z"), at("9999-12-31T23:59:59.999999Z")),
        (far(-6_600), far(-6_600)),
        (far(198_000), far(198_000)),
    ];
    let mut new: Vec<_> = cases.iter().map(|_| named("timed", "{}")).collect();
    for (event, (time, _)) in new.iter_mut().zip(cases) {
        // Not by the setter, which cuts.
        event.occurred_at = time;
    }
    let stream = fresh();
    add(store, &stream, new).await;
    let found = read(store, &stream).await;
    assert_eq!(found.len(), cases.len(), "each event is stored once");
    for (event, (written, kept)) in found.iter().zip(cases) {
        assert_eq!(event.occurred_at, kept, "{written} comes back cut to the microsecond");
    }
}

/// Event ids and schema versions come back, the odd ones too.
pub async fn identities_and_schema_versions_come_back<S: EventStore>(store: &S) {
    let namespace = Uuid::now_v7();
    let ids = [EventId::from_name(namespace, "line 1"), EventId::new()];
    let schemas = [1, 2, i32::MAX.cast_unsigned()].map(SchemaVersion::new);
    let mut new = Vec::new();
    for schema in schemas.into_iter().flatten() {
        let event = named("shaped", "{}");
        new.push(NewEvent::raw(event.name, schema, event.payload));
    }
    new[0].id = ids[0];
    new[1].id = ids[1];
    let stream = StreamId::new(category("contract"), Uuid::new_v5(&namespace, b"stream"));
    add(store, &stream, new.clone()).await;
    let found = read(store, &stream).await;
    let found: Vec<_> = found.iter().map(|event| (event.id, event.schema_version)).collect();
    let wanted: Vec<_> = new.iter().map(|event| (event.id, event.schema_version)).collect();
    assert_eq!(found, wanted, "(id, schema version) come back as written");
}

/// `recorded_at` is the store's own time of storing, in microseconds, whatever the event says of itself.
pub async fn recorded_at_is_the_time_of_storing<S: EventStore>(store: &S) {
    let stream = fresh();
    let long_ago = DateTime::<Utc>::UNIX_EPOCH;
    add(store, &stream, vec![named("imported", "{}").occurred_at(long_ago)]).await;
    let event = read(store, &stream).await.pop().expect("what was appended is there");
    let off = (Utc::now() - event.recorded_at).abs();
    // The clocks of two machines may differ; a day tells them from a time that was copied.
    assert!(off < TimeDelta::days(1), "recorded_at is now, not {}", event.recorded_at);
    assert_eq!(
        event.recorded_at.timestamp_subsec_nanos() % 1_000,
        0,
        "recorded_at is in microseconds: {}",
        event.recorded_at
    );
}

/// The log gives exactly the events that the stream gives, field by field.
pub async fn the_log_gives_what_the_stream_gives<S: EventStore>(store: &S) {
    let stream = fresh();
    let metadata = Metadata::new().actor("ada").with("n", 1.25);
    let mut new = vec![
        named("plain", r#"{"n":1.0}"#),
        named("it's odd ", "null").metadata(metadata),
        named("timed", "[]").occurred_at(DateTime::<Utc>::UNIX_EPOCH),
    ];
    new.extend(events(5));
    let done = add(store, &stream, new.clone()).await;
    settle(store, done.position).await;
    let of_stream = read(store, &stream).await;
    let before = Position::new(of_stream[0].position.get() - 1);
    let mut of_log = pages(store, LogQuery::after(before), 3, done.position).await;
    of_log.retain(|event| event.stream == stream);
    assert_eq!(of_log, of_stream, "the log gives what the stream gives");
    let mut streamed = streamed(store, LogQuery::after(before)).await;
    streamed.retain(|event| event.stream == stream);
    assert_eq!(streamed, of_stream, "the streamed log gives what the stream gives");
    for ((given, new), version) in of_log.iter().zip(&new).zip(1..) {
        assert_eq!(*given, as_stored(new, &stream, version, given), "the log gives it as written");
    }
}
