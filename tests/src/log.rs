//! Events to append, and waiting for what they cause.

use std::future::Future;
use std::time::{Duration, Instant};

use es_core::{
    Category, EventName, EventStore, ExpectedVersion, NewEvent, Payload, SchemaVersion,
    StoredEvent, StreamAppend, StreamId, StreamQuery,
};
use futures_util::TryStreamExt as _;
use uuid::Uuid;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stream that does not exist yet.
///
/// # Panics
/// Never: the category is a good one.
pub fn stream() -> StreamId {
    StreamId::new(Category::new("test").expect("a good name"), Uuid::now_v7())
}

/// New events, numbered from 1.
///
/// # Panics
/// Never: name and payload are good ones.
pub fn events(count: usize) -> Vec<NewEvent> {
    let event = |n| {
        let payload = Payload::from_json(format!(r#"{{"n":{n}}}"#)).expect("valid JSON");
        NewEvent::raw(EventName::new("noted").expect("a good name"), SchemaVersion::FIRST, payload)
    };
    (1..=count).map(event).collect()
}

/// `count` new events for a stream.
pub fn entry(stream: &StreamId, expected: ExpectedVersion, count: usize) -> StreamAppend {
    StreamAppend::new(stream.clone(), expected, events(count))
}

/// Everything in a stream.
///
/// # Panics
/// When it cannot be read.
pub async fn read<S: EventStore>(store: &S, stream: &StreamId) -> Vec<StoredEvent> {
    let all = store.read_stream(stream, StreamQuery::ALL).try_collect().await;
    all.expect("the stream can be read")
}

/// Waits until `condition` holds, looking again and again.
///
/// # Panics
/// When it does not hold in time.
pub async fn until<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let deadline = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
