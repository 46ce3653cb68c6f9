//! Sources that are worth copying, and whether a copy is one.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use es_core::ExpectedVersion::{self, Any, NoStream};
use es_core::{
    AppendError, BulkStore, Category, Difference, EventAddress, EventId, EventName, EventStore,
    ExistingStreams, ImportOptions, ImportedEvent, LogQuery, Metadata, NewEvent, Payload,
    SchemaVersion, StoredEvent, StreamAppend, StreamId, TransferError, Transferred, transfer,
};
use futures_util::TryStreamExt as _;
use uuid::Uuid;

/// What is copied from, and into.
pub(crate) trait Store: BulkStore + Clone {}

impl<S: BulkStore + Clone> Store for S {}

pub(crate) fn stream(category: &str) -> StreamId {
    StreamId::new(Category::new(category.to_owned()).unwrap(), Uuid::now_v7())
}

pub(crate) fn event(name: &str, schema: u32, json: &str) -> NewEvent {
    let name = EventName::new(name.to_owned()).unwrap();
    let schema = SchemaVersion::new(schema).unwrap();
    NewEvent::raw(name, schema, Payload::from_json(json).unwrap())
}

pub(crate) async fn append<S: EventStore>(
    store: &S,
    stream: &StreamId,
    expected: ExpectedVersion,
    event: NewEvent,
) -> Result<(), AppendError> {
    let append = StreamAppend::new(stream.clone(), expected, vec![event]);
    store.append(append).await.map(drop)
}

/// An event that no source has.
pub(crate) async fn foreign<S: EventStore>(store: &S) -> EventId {
    let event = event("foreign", 1, "{}");
    let id = event.id;
    append(store, &stream("foreign"), NoStream, event).await.unwrap();
    id
}

pub(crate) async fn import<S: BulkStore>(store: &S, events: Vec<ImportedEvent>) {
    let events = futures_util::stream::iter(events.into_iter().map(Ok::<_, Infallible>));
    let options = ImportOptions::new().existing(ExistingStreams::Continue);
    store.import(events, options).await.unwrap();
}

pub(crate) fn imported(events: &[StoredEvent]) -> Vec<ImportedEvent> {
    events.iter().cloned().map(ImportedEvent::from).collect()
}

pub(crate) async fn log<S: EventStore>(store: &S) -> Vec<StoredEvent> {
    store.stream_log(LogQuery::default()).try_collect().await.unwrap()
}

/// Events of several categories by turns, the older ones from elsewhere. Between the others are appends that were refused,
/// for which some stores leave holes in the positions.
pub(crate) async fn fill<S: Store>(store: &S) -> Vec<StoredEvent> {
    let streams = ["account", "a/b \"c\"", "größe"].map(stream);
    let odd = "{\n  \"größe\": [1.10, 1E5,\r\n \"\\u2028\"], \"a\": 1, \"a\": 2}\n";
    let long_ago = DateTime::<Utc>::UNIX_EPOCH - TimeDelta::nanoseconds(1_500);
    let old = (0..8_u16).map(|n| {
        let metadata = Metadata::new().actor("ada").tenant("t").with("n", n).with("deep", 1.25);
        let event = event("from elsewhere", 7, if n == 5 { odd } else { r#"{"n":1.0}"# })
            .metadata(metadata.correlation(Uuid::now_v7()))
            .occurred_at(long_ago + TimeDelta::days(400 * i64::from(n)));
        ImportedEvent::new(streams[usize::from(n % 5 % 3)].clone(), event)
            .recorded_at(long_ago + TimeDelta::days(400 * i64::from(n) + 3))
    });
    import(store, old.collect()).await;
    for n in 0..7_usize {
        let new = event("noted", 1, &format!(r#"{{"n": {n} }}"#));
        let again = event("again", 1, "{}").id(new.id);
        append(store, &streams[n % 2], Any, new).await.unwrap();
        let refused = append(store, &stream("refused"), NoStream, again).await.unwrap_err();
        assert!(matches!(refused, AppendError::DuplicateEvent { .. }), "{refused:?}");
    }
    let log = log(store).await;
    assert_eq!(log.len(), 15, "this is what the tests below count with");
    log
}

/// That both logs are the same but for the positions.
pub(crate) async fn assert_copied<F: EventStore, T: EventStore>(from: &F, to: &T) {
    let (wanted, mut found) = (log(from).await, log(to).await);
    assert!(found.is_sorted_by(|a, b| a.position < b.position), "positions rise");
    for (found, wanted) in found.iter_mut().zip(&wanted) {
        found.position = wanted.position;
    }
    assert_eq!(found, wanted);
}

/// (copied, found) of a transfer in chunks of four.
pub(crate) async fn copy<F: Store, T: Store>(
    from: &F,
    to: &T,
) -> Result<(u64, u64), TransferError> {
    let done = transfer(from, to).chunk(4).await?;
    Ok((done.copied, done.found))
}

/// Calls it again for as long as its errors say that this may help.
pub(crate) async fn finish<F: Store, T: Store>(from: &F, to: &T) -> Transferred {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match transfer(from, to).chunk(4).await {
            Ok(done) => return done,
            Err(error) => assert!(error.is_transient() && Instant::now() < deadline, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) fn address(event: &StoredEvent) -> EventAddress {
    EventAddress::new(event.id, event.stream.id(), event.version, event.position)
}

/// Transfers what must be refused: nothing is written.
pub(crate) async fn differs<F: Store, T: Store>(from: &F, to: &T) -> Difference {
    let before = log(to).await;
    let refused = copy(from, to).await.unwrap_err();
    assert!(!refused.is_transient(), "{refused:?}");
    let TransferError::Differs(difference) = refused else { panic!("{refused:?}") };
    assert_eq!(log(to).await, before, "nothing is written");
    difference
}
