//! Out and in again.

use std::io::{self, BufReader, Read};

use chrono::{DateTime, TimeZone as _, Utc};
use futures_util::TryStreamExt as _;
use serde_json::json;
use uuid::Uuid;

use super::{
    BulkStore as _, EventLines, ExistingStreams, ImportOptions, LineError, export_log,
    export_stream,
};
use crate::error::ImportError;
use crate::event::SchemaVersion;
use crate::id::StreamId;
use crate::memory::MemoryStore;
use crate::metadata::Metadata;
use crate::name::{Category, EventName};
use crate::payload::Payload;
use crate::record::{NewEvent, StoredEvent};
use crate::store::{EventStore as _, LogQuery, StreamAppend, StreamQuery};
use crate::version::ExpectedVersion;

fn stream(category: &str) -> StreamId {
    StreamId::new(Category::new(category.to_owned()).unwrap(), Uuid::now_v7())
}

fn event(name: &str, json: &str) -> NewEvent {
    let name = EventName::new(name.to_owned()).unwrap();
    NewEvent::raw(name, SchemaVersion::new(7).unwrap(), Payload::from_json(json).unwrap())
}

async fn store_of(streams: &[(StreamId, Vec<NewEvent>)]) -> MemoryStore {
    let store = MemoryStore::new();
    for (stream, events) in streams {
        let append = StreamAppend::new(stream.clone(), ExpectedVersion::Any, events.clone());
        store.append(append).await.unwrap();
    }
    store
}

async fn log(store: &MemoryStore) -> Vec<StoredEvent> {
    store.stream_log(LogQuery::default()).try_collect().await.unwrap()
}

async fn exported(store: &MemoryStore) -> String {
    let mut file = Vec::new();
    export_log(store, LogQuery::default()).write_to(&mut file).await.unwrap();
    String::from_utf8(file).unwrap()
}

/// Two streams by turns, four events.
async fn small() -> (MemoryStore, Vec<String>) {
    let (one, two) = (stream("one"), stream("two"));
    let turns = [one.clone(), two.clone(), one, two];
    let turns = turns.map(|stream| (stream, vec![event("happened", r#"{"a":1}"#)]));
    let store = store_of(&turns).await;
    let lines = exported(&store).await.split_inclusive('\n').map(str::to_owned).collect();
    (store, lines)
}

#[tokio::test]
async fn what_is_exported_is_imported_as_it_was() {
    let payloads = [
        "null",
        "{}",
        r#"{"b":1.10,"a":1E5,"a":2,"big":123456789012345678901234567890}"#,
        "{\n  \"pretty\": [\r\n1,\t2 ]\n}\n",
        "  \"space around\"  ",
        r#""\n\u2028 größe 🦀 \\\" \ud83e\udd80""#,
        "\"\u{2028}\u{85}\u{7f}\"",
    ];
    let events = payloads.map(|json| {
        event("größe \"1\"/2", json).metadata(
            Metadata::new()
                .actor("a\"da\n")
                .tenant("t")
                .correlation(Uuid::now_v7())
                .causation(Uuid::now_v7())
                .with("n", json!({ "float": 1.5, "deep": [[null]] })),
        )
    });
    let times =
        [(-4_700, 1), (199_999, 123_456), (0, 999_999), (9_999, 0), (10_000, 7), (2012, 500)];
    let moments = times.map(|(year, micros)| {
        let second = Utc.with_ymd_and_hms(year, 12, 31, 23, 59, 59).unwrap();
        let time: DateTime<Utc> = second + chrono::TimeDelta::microseconds(micros);
        event("timed", "1").occurred_at(time)
    });
    let slashes = stream("a/b/c");
    let store = store_of(&[
        (slashes.clone(), events.to_vec()),
        (stream("timed"), moments.to_vec()),
        (slashes, vec![event("later", "[]")]),
    ])
    .await;

    let file = exported(&store).await;
    assert_eq!(file.lines().count(), 14);
    let copy = MemoryStore::new();
    let imported = copy.import(EventLines::new(file.as_bytes()), ImportOptions::new()).await;
    assert_eq!(imported.unwrap().events, 14);
    assert_eq!(log(&store).await, log(&copy).await);
    assert_eq!(exported(&copy).await, file);
}

#[tokio::test]
async fn a_line_need_not_say_when_it_was_recorded() {
    let (_, lines) = small().await;
    let long_ago = Utc.with_ymd_and_hms(2011, 10, 1, 6, 8, 58).unwrap();
    let mut line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    for (recorded_at, kept) in
        [(Some(json!(long_ago)), true), (Some(json!(null)), false), (None, false)]
    {
        match recorded_at {
            Some(time) => line["recorded_at"] = time,
            None => drop(line.as_object_mut().unwrap().remove("recorded_at").unwrap()),
        }
        let (store, file) = (MemoryStore::new(), line.to_string());
        store.import(EventLines::new(file.as_bytes()), ImportOptions::new()).await.unwrap();
        let found = log(&store).await.remove(0).recorded_at;
        assert_eq!(found == long_ago, kept, "{file}: {found}");
        assert!(kept || (Utc::now() - found).abs() < chrono::TimeDelta::days(1), "{found}");
    }
}

#[tokio::test]
async fn a_line_is_the_event_as_json() {
    let (store, lines) = small().await;
    for (event, line) in log(&store).await.iter().zip(&lines) {
        assert_eq!(*line, serde_json::to_string(event).unwrap() + "\n");
    }
}

#[tokio::test]
async fn one_stream_is_exported_by_itself() {
    let (store, lines) = small().await;
    let stream = log(&store).await.remove(1).stream;
    let of_stream = export_stream(&store, &stream, StreamQuery::ALL);
    let found: Vec<String> = of_stream.lines().try_collect().await.unwrap();
    assert_eq!(found, [lines[1].as_str(), &lines[3]]);
    let query = StreamQuery::after(1.into());
    let found: Vec<String> =
        export_stream(&store, &stream, query).lines().try_collect().await.unwrap();
    assert_eq!(found, [lines[3].as_str()]);
}

#[tokio::test]
async fn progress_is_told_now_and_then_and_at_the_end() {
    let many: Vec<_> = (0..2_500).map(|_| event("counted", "1")).collect();
    let store = store_of(&[(stream("many"), many)]).await;
    let mut told = Vec::new();
    let export =
        export_log(&store, LogQuery::default()).progress(|so_far| told.push(so_far.events));
    assert_eq!(export.write_to(io::sink()).await.unwrap(), 2_500);
    assert_eq!(told, [1_000, 2_000, 2_500]);
}

#[tokio::test]
async fn progress_of_lines_is_told_the_same_way() {
    for (events, wanted) in [(0, &[0][..]), (1_000, &[1_000]), (2_500, &[1_000, 2_000, 2_500])] {
        let streams: Vec<_> =
            (0..events).map(|_| (stream("many"), vec![event("counted", "1")])).collect();
        let store = store_of(&streams).await;
        let mut told = Vec::new();
        let export =
            export_log(&store, LogQuery::default()).progress(|so_far| told.push(so_far.events));
        let mut lines = export.lines();
        while lines.try_next().await.unwrap().is_some() {}
        assert_eq!(lines.try_next().await.unwrap(), None, "it stays at its end");
        drop(lines);
        assert_eq!(told, wanted);
    }
}

#[tokio::test]
async fn what_cannot_be_written_to_is_an_error() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (store, _) = small().await;
    let stopped = export_log(&store, LogQuery::default()).write_to(Full).await.unwrap_err();
    assert_eq!(stopped.to_string(), "the lines cannot be written");
}

#[tokio::test]
async fn a_missing_or_repeated_line_is_noticed() {
    let (_, lines) = small().await;
    let import = async |order: &[usize]| {
        let file: String = order.iter().map(|at| lines[*at].as_str()).collect();
        let lines = EventLines::new(file.as_bytes());
        MemoryStore::new().import(lines, ImportOptions::new()).await
    };
    for order in [&[1, 2, 3][..], &[0, 3, 2, 1], &[2]] {
        let refused = import(order).await.unwrap_err();
        assert!(matches!(refused, ImportError::Conflict { .. }), "{order:?}: {refused:?}");
    }
    let twice = import(&[0, 1, 2, 2]).await.unwrap_err();
    assert!(matches!(twice, ImportError::Conflict { .. }), "{twice:?}");
    assert_eq!(import(&[1, 0, 3, 2]).await.unwrap().events, 4);

    // The rest of a log goes behind its beginning.
    let store = MemoryStore::new();
    for part in [&lines[..1], &lines[1..]] {
        let options = ImportOptions::new().existing(ExistingStreams::Continue);
        store.import(EventLines::new(part.concat().as_bytes()), options).await.unwrap();
    }
    assert_eq!(log(&store).await.len(), 4);
}

fn causes(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[tokio::test]
async fn a_line_that_is_no_event_is_named_and_passed_over() {
    let (_, lines) = small().await;
    let good = lines[0].trim_end();
    let with = |from: &str, to: &str| good.replacen(from, to, 1);
    let id = log_id(good);
    let deep = "[".repeat(9_000) + &"]".repeat(9_000);
    for (bad, reason) in [
        ("{".to_owned(), "EOF while parsing an object at column 1"),
        ("[]".to_owned(), "invalid length 0, expected struct Line with 10 elements at column 2"),
        (with(r#""event_type":"happened","#, ""), "missing field `event_type` at column "),
        (with(r#""data":{"a":1}"#, r#""more":0"#), "missing field `data` at column "),
        (
            with(r#""version":1"#, r#""version":-1"#),
            "invalid value: integer `-1`, expected u64 at column ",
        ),
        (with(r#""recorded_at":""#, r#""recorded_at":"x"#), "input contains invalid characters"),
        (
            with(r#""schema_version":7"#, r#""schema_version":0"#),
            "`schema_version` is not 1 to 2147483647",
        ),
        (with("happened", ""), "the event name is empty"),
        (with("happened", r"a\u0000b"), r"the event name `a\0b` holds a control character"),
        (with("one/", ""), "`stream` is not `category/uuid`"),
        (with("one/", "one/x"), "`stream`: failed to parse a UUID"),
        (with("one/", "/"), "the category is empty"),
        (with(&id, "no-uuid"), "UUID parsing failed: "),
        (with(r#"{"a":1}"#, r#""\u0000""#), "the JSON holds a NUL character at byte 1"),
        (with(r#"{"a":1}"#, &"[".repeat(100_000)), "expected value at column "),
        (
            with(r#"{"a":1}"#, &("[".repeat(101) + &"]".repeat(101))),
            "the JSON nests deeper than 100 levels",
        ),
        (
            with(r#""metadata":{}"#, &format!(r#""metadata":{{"extra":{{"a":{deep}}}}}"#)),
            "recursion limit exceeded at column ",
        ),
        (
            with(r#"{"a":1}"#, r#"1,"data_text":"{""#),
            "the value can be written as JSON but not read back: ",
        ),
    ] {
        let file = format!("{good}\n\n  \n{bad}\r\n{good}");
        let found: Vec<_> = EventLines::new(file.as_bytes()).collect();
        let [Ok(_), Err(error), Ok(_)] = &found[..] else { panic!("{bad:.200}: {found:?}") };
        let told = causes(error);
        let whole = format!("line 4 is not an event: {reason}");
        assert!(told.starts_with(&whole), "{bad:.200}: {told}");
    }
    let file = [good.as_bytes(), b"\n\xff\xfe\n"].concat();
    assert!(matches!(
        EventLines::new(&*file).last(),
        Some(Err(LineError::Malformed { line: 2, .. }))
    ));
}

#[tokio::test]
async fn metadata_that_could_not_be_read_again_is_not_imported() {
    let (_, lines) = small().await;
    // Readable by its first key, and no longer so when the keys are sorted.
    let odd = r##"{"extra":{"k":{"#":1,"$serde_json::private::RawValue":2}}}"##;
    for (metadata, readable) in [(odd.to_owned(), true), (odd.replace('#', "a"), false)] {
        let line = lines[0].replacen("\"metadata\":{}", &format!("\"metadata\":{metadata}"), 1);
        let store = MemoryStore::new();
        let imported = store.import(EventLines::new(line.as_bytes()), ImportOptions::new()).await;
        assert_eq!(imported.is_ok(), readable, "{metadata}: {imported:?}");
        assert_eq!(log(&store).await.len(), usize::from(readable), "{metadata}");
        let file = exported(&store).await;
        assert!(EventLines::new(file.as_bytes()).all(|line| line.is_ok()));
    }
}

fn log_id(line: &str) -> String {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    line["event_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn whatever_the_bytes_are_nothing_panics() {
    let (_, lines) = small().await;
    let mut random = 88_172_645_463_325_252_u64;
    for _ in 0..20_000 {
        let mut bytes = lines[0].clone().into_bytes();
        for _ in 0..3 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let at = usize::try_from(random >> 16).unwrap() % bytes.len();
            bytes[at] = random.to_le_bytes()[0];
        }
        EventLines::new(&*bytes).for_each(drop);
    }
}

#[tokio::test]
async fn a_line_over_the_limit_is_passed_over() {
    let (_, lines) = small().await;
    let good = &lines[0];
    for end in ["\n", ""] {
        let file = format!("{good}{}{end}", "x".repeat(5_000));
        let longest = good.len() - 1;
        let mut lines = EventLines::new(file.as_bytes()).longest(longest);
        assert!(lines.next().unwrap().is_ok(), "a line of exactly the limit is read");
        let error = lines.next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), format!("line 2 is longer than {longest} bytes"));
        assert!(lines.next().is_none());
        assert_eq!(lines.number(), 2);
    }
    let mut short = EventLines::new(good.as_bytes()).longest(good.len() - 2);
    assert!(matches!(short.next(), Some(Err(LineError::TooLong { line: 1, .. }))));
    let any = EventLines::new(good.as_bytes()).longest(usize::MAX);
    assert_eq!(any.map(Result::unwrap).count(), 1, "there may be no limit");
}

#[tokio::test]
async fn lines_that_break_off_end_there() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the cable"))
        }
    }
    let (_, lines) = small().await;
    let file = BufReader::new(lines[0].as_bytes().chain(Broken));
    let mut lines = EventLines::new(file);
    assert!(lines.next().unwrap().is_ok());
    assert_eq!(causes(&lines.next().unwrap().unwrap_err()), "line 2 cannot be read: the cable");
    assert!(lines.next().is_none());
}
