//! What the promises share: fresh streams, plain events, and reading everything back.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use futures_util::{StreamExt as _, TryStreamExt as _};
use uuid::Uuid;

use crate::error::AppendError;
use crate::event::SchemaVersion;
use crate::id::{EventId, StreamId};
use crate::name::{Category, EventName};
use crate::payload::Payload;
use crate::record::{NewEvent, StoredEvent};
use crate::store::{Appended, EventStore, LogQuery, StreamAppend, StreamQuery, truncate_to_micros};
use crate::version::{ExpectedVersion, Position, Version};

/// In milliseconds.
static PATIENCE: AtomicU64 = AtomicU64::new(20_000);

/// Sets how long the promises wait for a store, in the whole program: until what it has accepted is settled, say, or a
/// wake-up has come. It is 20 seconds unless set, and only a broken store needs them.
pub fn set_patience(patience: Duration) {
    let millis = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
    PATIENCE.store(millis, Ordering::Relaxed);
}

pub(super) fn patience() -> Duration {
    Duration::from_millis(PATIENCE.load(Ordering::Relaxed))
}

/// More events than any promise writes: whoever gives as many repeats itself.
const ENDLESS: usize = 100_000;

pub(super) fn category(name: &str) -> Category {
    Category::new(name.to_owned()).expect("the suite's categories keep the rule")
}

/// A stream that nobody has written to.
pub(super) fn fresh() -> StreamId {
    StreamId::new(category("contract"), Uuid::now_v7())
}

/// A text that no other call gives: for names that must not meet those of another test in a shared store.
pub(super) fn unique(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::now_v7().simple())
}

pub(super) fn named(name: &str, json: &str) -> NewEvent {
    let name = EventName::new(name.to_owned()).expect("the suite's names keep the rule");
    let payload = Payload::from_json(json).expect("the suite's payloads are JSON");
    NewEvent::raw(name, SchemaVersion::FIRST, payload)
}

/// `count` events that differ in id and payload.
pub(super) fn events(count: usize) -> Vec<NewEvent> {
    (1..=count).map(|n| named("counted", &format!(r#"{{"n":{n}}}"#))).collect()
}

pub(super) fn entry(
    stream: &StreamId,
    expected: ExpectedVersion,
    events: Vec<NewEvent>,
) -> StreamAppend {
    StreamAppend::new(stream.clone(), expected, events)
}

/// An append that the store has no reason to refuse.
pub(super) async fn append<S: EventStore>(
    store: &S,
    stream: &StreamId,
    expected: ExpectedVersion,
    events: Vec<NewEvent>,
) -> Appended {
    let count = events.len();
    store.append(entry(stream, expected, events)).await.unwrap_or_else(|error| {
        panic!("an append of {count} events to {stream} ({expected}) was refused: {error:?}")
    })
}

/// Appends after whatever is there.
pub(super) async fn add<S: EventStore>(
    store: &S,
    stream: &StreamId,
    events: Vec<NewEvent>,
) -> Appended {
    append(store, stream, ExpectedVersion::Any, events).await
}

/// An append that the store must refuse.
pub(super) async fn refused<S: EventStore>(store: &S, append: StreamAppend) -> AppendError {
    let what = format!("{} ({}, {} events)", append.stream, append.expected, append.events.len());
    match store.append(append).await {
        Ok(done) => panic!("an append that must be refused was accepted: {what}: {done:?}"),
        Err(error) => error,
    }
}

pub(super) async fn read<S: EventStore>(store: &S, stream: &StreamId) -> Vec<StoredEvent> {
    read_some(store, stream, StreamQuery::ALL).await
}

pub(super) async fn read_some<S: EventStore>(
    store: &S,
    stream: &StreamId,
    query: StreamQuery,
) -> Vec<StoredEvent> {
    let read = store.read_stream(stream, query).take(ENDLESS).try_collect().await;
    let events: Vec<_> =
        read.unwrap_or_else(|error| panic!("{stream} cannot be read ({query:?}): {error:?}"));
    assert!(events.len() < ENDLESS, "a stream ends: {stream} did not ({query:?})");
    events
}

/// The log after `query.after`, streamed.
pub(super) async fn streamed<S: EventStore>(store: &S, query: LogQuery<'_>) -> Vec<StoredEvent> {
    let read = store.stream_log(query).take(ENDLESS).try_collect().await;
    let events: Vec<_> =
        read.unwrap_or_else(|error| panic!("the log cannot be streamed ({query:?}): {error:?}"));
    assert!(events.len() < ENDLESS, "a streamed log ends: this one did not ({query:?})");
    events
}

pub(super) async fn settled<S: EventStore>(store: &S) -> Position {
    store.settled().await.expect("the store can be asked what is settled")
}

/// Waits until everything up to `position` is settled; a store may need a moment for that.
pub(super) async fn settle<S: EventStore>(store: &S, position: Position) {
    let deadline = Instant::now() + patience();
    loop {
        let now = settled(store).await;
        if now >= position {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "an append that was answered becomes settled: position {position} was not in time, settled is {now}"
        );
        yield_now().await;
    }
}

/// The log after `query.after`, by pages of `limit`, up to `end`.
pub(super) async fn pages<S: EventStore>(
    store: &S,
    query: LogQuery<'_>,
    limit: usize,
    end: Position,
) -> Vec<StoredEvent> {
    let (mut all, mut after) = (Vec::new(), query.after);
    while after < end {
        let page = store.read_log(LogQuery { after, ..query }, limit).await;
        let page = page.unwrap_or_else(|error| panic!("the log cannot be read: {error:?}"));
        assert!(
            page.events.len() <= limit,
            "a page holds at most {limit} events, this one {}",
            page.events.len()
        );
        assert!(
            page.through > after,
            "a page goes on: before {end}, which is settled, reading after {after} came only through {}",
            page.through
        );
        if let Some(last) = page.events.last() {
            assert!(
                last.position <= page.through,
                "a page is through at {} but holds an event at {}",
                page.through,
                last.position
            );
        }
        after = page.through;
        all.extend(page.events);
    }
    all.retain(|event| event.position <= end);
    all
}

pub(super) fn ids(events: &[StoredEvent]) -> Vec<EventId> {
    events.iter().map(|event| event.id).collect()
}

pub(super) fn new_ids(events: &[NewEvent]) -> Vec<EventId> {
    events.iter().map(|event| event.id).collect()
}

pub(super) fn versions(events: &[StoredEvent]) -> Vec<u64> {
    events.iter().map(|event| event.version.get()).collect()
}

/// `new` as it must come back, given what only the store can know.
pub(super) fn as_stored(
    new: &NewEvent,
    stream: &StreamId,
    version: u64,
    given: &StoredEvent,
) -> StoredEvent {
    let mut new = new.clone();
    new.occurred_at = truncate_to_micros(new.occurred_at);
    let (position, recorded_at) = (given.position, given.recorded_at);
    StoredEvent::record(new, stream.clone(), Version::new(version), position, recorded_at)
}

/// That a stream holds exactly these events, as they were written.
pub(super) async fn assert_holds<S: EventStore>(
    store: &S,
    stream: &StreamId,
    events: &[NewEvent],
    promise: &str,
) {
    let stored = read(store, stream).await;
    let found: Vec<_> = stored.iter().map(|event| (event.id, event.version.get())).collect();
    let wanted: Vec<_> = events.iter().map(|event| event.id).zip(1..).collect();
    assert_eq!(found, wanted, "{promise}: (id, version) of the events of {stream}");
    for ((new, given), version) in events.iter().zip(&stored).zip(1..) {
        assert_eq!(*given, as_stored(new, stream, version, given), "{promise}: as written");
    }
}

/// That none of these events is stored, anywhere.
pub(super) async fn assert_absent<S: EventStore>(store: &S, events: &[EventId], promise: &str) {
    let found = store.locate(events).await.expect("the store can be asked where events are");
    assert_eq!(found, [], "{promise}: these events are stored nevertheless");
}

/// Waits for what must not wait for ever.
pub(super) async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    let deadline = Instant::now() + patience();
    let late = pin!(async {
        while Instant::now() < deadline {
            yield_now().await;
        }
    });
    match select(pin!(future), late).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => panic!("{what} must not wait for ever"),
    }
}

/// Reads the log after `start` in small pages while others write, up to the position that they say is the last.
pub(super) async fn follow<S: EventStore>(
    store: &S,
    start: Position,
    end: &OnceLock<Position>,
) -> Vec<StoredEvent> {
    let (mut seen, mut after, mut deadline) = (Vec::new(), start, None);
    while end.get().is_none_or(|end| after < *end) {
        let page = store.read_log(LogQuery::after(after), 7).await;
        let page = page.unwrap_or_else(|error| panic!("the log cannot be read: {error:?}"));
        assert!(page.through >= after, "a page never goes back: {} after {after}", page.through);
        after = page.through;
        seen.extend(page.events);
        if end.get().is_some() {
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + patience());
            assert!(Instant::now() < deadline, "a reader comes to the end: it is at {after}");
        }
        yield_now().await;
    }
    seen
}

/// Lets other futures, and the executor, run.
pub(super) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
