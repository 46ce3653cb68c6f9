//! Imports: everything or nothing, as it was, in the order in which it comes.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use futures_core::Stream;
use futures_util::future::{join, join_all};
use futures_util::{StreamExt as _, stream};
use uuid::Uuid;

use super::support::{
    add, assert_absent, assert_holds, category, events, follow, fresh, ids, named, new_ids,
    patience, read, settle, settled, streamed, yield_now,
};
use crate::bulk::{BulkStore, ExistingStreams, ImportOptions, Imported, ImportedEvent};
use crate::error::{ImportError, Invalid, StoreError};
use crate::id::{EventId, StreamId};
use crate::limits::Limits;
use crate::metadata::Metadata;
use crate::record::NewEvent;
use crate::store::LogQuery;
use crate::version::Version;

fn source(events: Vec<ImportedEvent>) -> impl Stream<Item = Result<ImportedEvent, Infallible>> {
    stream::iter(events.into_iter().map(Ok))
}

fn of(stream: &StreamId, events: Vec<NewEvent>) -> Vec<ImportedEvent> {
    events.into_iter().map(|event| ImportedEvent::new(stream.clone(), event)).collect()
}

/// Small chunks, so that what is promised is promised across them.
fn options<'a>() -> ImportOptions<'a> {
    ImportOptions::new().chunk(3)
}

async fn import<S: BulkStore>(store: &S, events: Vec<ImportedEvent>) -> Imported {
    let count = events.len();
    store.import(source(events), options()).await.unwrap_or_else(|error| {
        panic!("an import of {count} events was refused: {error:?}");
    })
}

/// An import that the store must refuse, and nothing of it may be stored.
async fn refused<S: BulkStore>(
    store: &S,
    events: Vec<ImportedEvent>,
    existing: ExistingStreams,
) -> ImportError {
    let before = settled(store).await;
    let refused = store.import(source(events), options().existing(existing)).await;
    let error = refused.expect_err("the import must be refused");
    let found = streamed(store, LogQuery::after(before)).await;
    assert_eq!(found, [], "what is refused is not stored in part: {error:?}");
    error
}

/// Ids, times, names, schema versions, payloads and metadata are kept; versions and positions follow the order in which the
/// events come, whatever stream they are of.
pub async fn an_import_keeps_everything_in_the_order_it_comes<S: BulkStore>(store: &S) {
    let streams = [fresh(), fresh(), StreamId::new(category("a/b \"c\""), Uuid::now_v7())];
    let long_ago = DateTime::<Utc>::UNIX_EPOCH - TimeDelta::nanoseconds(1_500);
    let mut each = vec![Vec::new(); streams.len()];
    let mut all = Vec::new();
    for n in 0..20_u8 {
        let event = named("größe", &format!(r#"{{"b": {n}, "a":1.10}}"#))
            .metadata(Metadata::new().actor("ada").with("n", n))
            .occurred_at(long_ago + TimeDelta::microseconds(n.into()));
        let at = usize::from(n % 7 % 3);
        all.push(ImportedEvent::new(streams[at].clone(), event.clone()));
        each[at].push(event);
    }
    let wanted: Vec<_> = all.iter().map(|imported| imported.event.id).collect();
    let before = settled(store).await;
    let imported = import(store, all).await;
    for (stream, events) in streams.iter().zip(&each) {
        assert_holds(store, stream, events, "an import keeps what it is given").await;
    }
    let position = imported.position.expect("an import of events has a last position");
    settle(store, position).await;
    let stored = streamed(store, LogQuery::after(before)).await;
    assert_eq!(ids(&stored), wanted, "the log has the order in which the events came");
    let last = stored.last().map(|event| event.position);
    assert_eq!((imported.events, Some(position)), (20, last), "an import says what it has stored");
}

/// An event that says when it was recorded keeps that, cut to the microsecond; one that does not was recorded when it was
/// stored. A time that no store keeps is refused.
pub async fn an_import_keeps_when_an_event_was_recorded<S: BulkStore>(store: &S) {
    let at = |text: &str| text.parse::<DateTime<Utc>>().expect("the suite's times are RFC 3339");
    let far = |years: i64| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(365 * years);
    let times = [
        Some((at("2012-03-01T10:00:00.123456789Z"), at("2012-03-01T10:00:00.123456Z"))),
        None,
        Some((at("1969-12-31T23:59:59.999999999Z"), at("1969-12-31T23:59:59.999999Z"))),
        Some((at("2016-12-31T23:59:60.5Z"), at("2017-01-01T00:00:00.5Z"))),
        Some((far(-6_600), far(-6_600))),
        None,
        Some((far(198_000), far(198_000))),
    ];
    let stream = fresh();
    let mut all = of(&stream, events(times.len()));
    for (event, times) in all.iter_mut().zip(times) {
        // Not by the setter, which cuts.
        event.recorded_at = times.map(|(time, _)| time);
    }
    import(store, all).await;
    let found = read(store, &stream).await;
    assert_eq!(found.len(), times.len(), "each event is stored once");
    for (event, times) in found.iter().zip(times) {
        let Some((time, kept)) = times else {
            let off = (Utc::now() - event.recorded_at).abs();
            assert!(off < TimeDelta::days(1), "recorded now, not {}", event.recorded_at);
            continue;
        };
        assert_eq!(event.recorded_at, kept, "recorded at {time}");
    }
    for bad in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        let mut all = of(&fresh(), events(5));
        all[4].recorded_at = Some(bad);
        let id = all[4].event.id;
        match refused(store, all, ExistingStreams::Refuse).await {
            ImportError::Invalid { event, cause: Invalid::Time { .. } } => assert_eq!(event, id),
            error => panic!("{bad} must be refused as a time out of range, not {error:?}"),
        }
    }
}

/// An import of nothing stores nothing and succeeds.
pub async fn an_import_of_nothing_is_nothing<S: BulkStore>(store: &S) {
    let imported = import(store, Vec::new()).await;
    assert_eq!(imported, Imported::default(), "an import of nothing is nothing");
}

/// A stream that was there before stops the import by name; one that the import itself has begun does not.
pub async fn an_import_refuses_a_stream_that_exists<S: BulkStore>(store: &S) {
    let (there, new) = (fresh(), fresh());
    let first = events(2);
    add(store, &there, first.clone()).await;
    let all = [of(&new, events(7)), of(&there, events(1))].concat();
    match refused(store, all, ExistingStreams::Refuse).await {
        ImportError::StreamExists { stream } => {
            assert_eq!(stream, there, "the error names the stream");
        }
        error => panic!("an existing stream must be refused with `StreamExists`: {error:?}"),
    }
    assert_holds(store, &there, &first, "a stream that exists is left alone").await;
    assert_holds(store, &new, &[], "what is refused is not stored in part").await;
}

/// When asked to, an import goes on with streams that exist, and with itself.
pub async fn an_import_continues_a_stream_when_asked<S: BulkStore>(store: &S) {
    let (there, new) = (fresh(), fresh());
    let mut old = events(2);
    add(store, &there, old.clone()).await;
    let (more, begun) = (events(8), events(8));
    let pairs = more.iter().zip(&begun);
    let all = pairs.flat_map(|(a, b)| {
        let a = ImportedEvent::new(there.clone(), a.clone());
        [a, ImportedEvent::new(new.clone(), b.clone())]
    });
    let options = options().existing(ExistingStreams::Continue);
    let imported = store.import(source(all.collect()), options).await.expect("it is asked to");
    assert_eq!(imported.events, 16, "events are counted");
    old.extend(more);
    assert_holds(store, &there, &old, "an import goes on with a stream").await;
    assert_holds(store, &new, &begun, "an import begins streams").await;
    old.extend(events(1));
    add(store, &there, old[10..].to_vec()).await;
    assert_holds(store, &there, &old, "appends go on after an import").await;
}

/// An event that demands a version gets it, or nothing is stored and the error says which event and why.
pub async fn an_import_gives_the_versions_that_are_demanded<S: BulkStore>(store: &S) {
    let there = fresh();
    let old = events(2);
    add(store, &there, old.clone()).await;
    let demanding = |versions: &[u64]| {
        let pairs = versions.iter().zip(events(versions.len()));
        let demand = |(version, event): (&u64, _)| {
            ImportedEvent::new(there.clone(), event).version(Version::new(*version))
        };
        pairs.map(demand).collect::<Vec<_>>()
    };
    for (versions, guilty) in [
        (&[1][..], 0),
        (&[4], 0),
        (&[3, 5], 1),
        (&[3, 4, 4], 2),
        (&[3, 4, 5, 6, 8, 9], 4),
        (&[3, 4, 5, 6, u64::MAX], 4),
    ] {
        let all = demanding(versions);
        let id = all[guilty].event.id;
        match refused(store, all, ExistingStreams::Continue).await {
            ImportError::Conflict { stream, event, demanded, actual } => assert_eq!(
                (stream, event, demanded.get(), actual.get()),
                (there.clone(), id, versions[guilty], guilty as u64 + 2),
                "{versions:?}: the error names what is demanded, and what is there"
            ),
            error => panic!("{versions:?} must be refused with `Conflict`, not {error:?}"),
        }
    }
    let all = demanding(&[3, 4, 5, 6, 7]);
    let new = all.iter().map(|imported| imported.event.clone());
    let whole = [old, new.collect()].concat();
    let options = options().existing(ExistingStreams::Continue);
    store.import(source(all), options).await.expect("these versions are the next ones");
    assert_holds(store, &there, &whole, "demanded versions are given").await;
}

/// What no append takes no import takes, and the error names the event.
pub async fn an_import_refuses_what_an_append_refuses<S: BulkStore>(store: &S) {
    let limit = Limits::default().payload_bytes;
    let large = format!("\"{}\"", "x".repeat(limit - 1));
    let bad = [
        named("large", &large),
        named("noted", "{}").metadata(Metadata::new().actor("a\0b")),
        named("noted", "{}").metadata(Metadata::new().tenant("x".repeat(limit))),
        named("timed", "{}").occurred_at(DateTime::<Utc>::MAX_UTC),
    ];
    for bad in bad {
        let id = bad.id;
        let stream = fresh();
        let mut all = events(9);
        all.insert(8, bad);
        match refused(store, of(&stream, all), ExistingStreams::Refuse).await {
            ImportError::Invalid { event, cause } => {
                assert_eq!(event, id, "the error names the event");
                let kind = matches!(
                    cause,
                    Invalid::TooLarge { .. } | Invalid::Metadata { .. } | Invalid::Time { .. }
                );
                assert!(kind, "the error says what is wrong: {cause:?}");
            }
            error => panic!("a bad event must be refused with `Invalid`, not {error:?}"),
        }
    }
    let largest = vec![named("large", &format!("\"{}\"", "x".repeat(limit - 2))); 7];
    let largest: Vec<_> = largest.into_iter().map(|event| event.id(EventId::new())).collect();
    let stream = fresh();
    import(store, of(&stream, largest.clone())).await;
    assert_holds(store, &stream, &largest, "a payload of exactly the limit is imported").await;
}

/// An id that is stored, or that came before in the same import, stops it by name.
pub async fn an_event_id_is_imported_once<S: BulkStore>(store: &S) {
    let there = events(1);
    add(store, &fresh(), there.clone()).await;
    for repeated_at in [None, Some(0), Some(6)] {
        let (one, two) = (fresh(), fresh());
        let mut all = of(&one, events(8));
        let id = repeated_at.map_or(there[0].id, |at: usize| all[at].event.id);
        all.push(ImportedEvent::new(two, named("again", "{}").id(id)));
        match refused(store, all, ExistingStreams::Continue).await {
            ImportError::DuplicateEvent { event } => {
                assert_eq!(event, id, "the error names the event");
            }
            error => panic!("a repeated id must be refused with `DuplicateEvent`: {error:?}"),
        }
    }
}

/// A stream comes under one category, in the store and within an import.
pub async fn an_import_keeps_categories<S: BulkStore>(store: &S) {
    let stored = fresh();
    add(store, &stored, events(1)).await;
    let renamed = |stream: &StreamId| StreamId::new(category("other"), stream.id());
    let new = fresh();
    let cases = [
        (of(&renamed(&stored), events(1)), &stored),
        ([of(&new, events(1)), of(&renamed(&new), events(1))].concat(), &new),
        ([of(&new, events(7)), of(&renamed(&new), events(1))].concat(), &new),
    ];
    for (all, meant) in cases {
        match refused(store, all, ExistingStreams::Continue).await {
            ImportError::Store(StoreError::WrongCategory { stream, actual }) => {
                let wanted = (renamed(meant), meant.category().clone());
                assert_eq!((stream, actual), wanted, "the error names stream and category");
            }
            error => panic!("another category must be refused with `WrongCategory`: {error:?}"),
        }
    }
}

/// When the source breaks off, nothing is stored, and its error is passed on with the number of events before it.
pub async fn an_import_whose_source_breaks_off_leaves_nothing<S: BulkStore>(store: &S) {
    let stream = fresh();
    let broken = Err(io::Error::other("the cable"));
    let all = of(&stream, events(8)).into_iter().map(Ok).chain([broken]);
    match store.import(stream::iter(all), options()).await {
        Err(ImportError::Source { events: 8, cause }) => {
            assert_eq!(cause.to_string(), "the cable", "what the source says is passed on");
        }
        other => panic!("a broken source must be passed on as `Source`, not {other:?}"),
    }
    assert_holds(store, &stream, &[], "a broken source leaves nothing").await;
    add(store, &stream, events(1)).await;
}

/// The future of an import may be dropped while it waits: nothing is stored, and its streams are free.
pub async fn a_dropped_import_leaves_nothing<S: BulkStore>(store: &S) {
    for taken in [1, 3, 4, 7] {
        let (there, new) = (fresh(), fresh());
        let old = events(1);
        add(store, &there, old.clone()).await;
        let first = [of(&there, events(1)), of(&new, events(taken - 1))].concat();
        let lost: Vec<_> = first.iter().map(|imported| imported.event.id).collect();
        let told = AtomicU64::new(0);
        let options = options()
            .existing(ExistingStreams::Continue)
            .progress(|so_far| told.store(so_far.events, Ordering::Relaxed));
        {
            let endless = source(first).chain(stream::pending());
            let mut import = pin!(store.import(endless, options));
            let whole_chunks = taken as u64 / 3 * 3;
            let deadline = Instant::now() + patience();
            for polls in 0.. {
                let answer = poll_fn(|cx| Poll::Ready(import.as_mut().poll(cx))).await;
                assert!(answer.is_pending(), "an import ends with its source: {answer:?}");
                if told.load(Ordering::Relaxed) >= whole_chunks && polls > taken {
                    break;
                }
                assert!(Instant::now() < deadline, "progress is told of every chunk");
                yield_now().await;
            }
        }
        let mut old = old;
        old.extend(events(1));
        add(store, &there, old[1..].to_vec()).await;
        assert_holds(store, &there, &old, "a dropped import leaves nothing").await;
        assert_holds(store, &new, &[], "a dropped import leaves nothing").await;
        assert_absent(store, &lost, "a dropped import leaves nothing").await;
    }
}

/// The progress rises chunk by chunk up to all events.
pub async fn progress_is_told_of_every_chunk<S: BulkStore>(store: &S) {
    for (count, wanted) in [(1, &[1][..]), (6, &[3, 6]), (8, &[3, 6, 8])] {
        let mut told = Vec::new();
        let options = options().progress(|so_far| told.push(so_far.events));
        let all = source(of(&fresh(), events(count)));
        store.import(all, options).await.expect("nothing is wrong with it");
        assert_eq!(told, wanted, "the progress of {count} events");
    }
}

/// Of imports at once that begin the same stream one wins, and the others store nothing.
pub async fn of_imports_at_once_that_begin_a_stream_one_wins<S: BulkStore>(store: &S) {
    let shared = fresh();
    let batches: Vec<_> = (0..3).map(|_| (fresh(), events(4), events(2))).collect();
    let race = batches.iter().map(|(own, first, second)| {
        let all = [of(own, first.clone()), of(&shared, second.clone())].concat();
        store.import(source(all), options())
    });
    let outcomes = join_all(race).await;
    let winners: Vec<_> = (0..3).filter(|at| outcomes[*at].is_ok()).collect();
    assert_eq!(winners.len(), 1, "one wins: {outcomes:?}");
    assert_holds(store, &shared, &batches[winners[0]].2, "the winner's events are stored").await;
    for (at, (own, first, _)) in batches.iter().enumerate() {
        let wanted = if at == winners[0] { new_ids(first) } else { Vec::new() };
        assert_eq!(ids(&read(store, own).await), wanted, "who loses stores nothing");
    }
}

/// A reader that follows the log while an import is under way, and others append, sees every event once, in order.
pub async fn a_reader_that_follows_an_import_misses_nothing<S: BulkStore>(store: &S) {
    let start = settled(store).await;
    let imported = of(&fresh(), events(30));
    let mut wanted: Vec<_> = imported.iter().map(|imported| imported.event.id).collect();
    let appends: Vec<_> = (0..10).map(|_| (fresh(), events(2))).collect();
    wanted.extend(appends.iter().flat_map(|(_, events)| new_ids(events)));
    let end = OnceLock::new();
    let appending = async {
        let mut last = start;
        for (stream, events) in &appends {
            last = add(store, stream, events.clone()).await.position;
            yield_now().await;
        }
        last
    };
    let writing = async {
        let importing = store.import(source(imported), options());
        let (outcome, last) = join(importing, appending).await;
        let imported = outcome.expect("nothing is wrong with it");
        let last = last.max(imported.position.expect("an import of events has a last position"));
        settle(store, last).await;
        end.get_or_init(|| last);
    };
    let ((), seen) = join(writing, follow(store, start, &end)).await;
    assert!(seen.is_sorted_by(|a, b| a.position < b.position), "positions rise");
    let mut seen = ids(&seen);
    seen.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(seen, wanted, "every event is seen once");
}
