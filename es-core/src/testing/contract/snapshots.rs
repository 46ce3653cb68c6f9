//! Snapshots. They are promises of stores that keep some; the others keep them by finding none.

use futures_util::{StreamExt as _, TryStreamExt as _};

use super::support::{add, category, events, fresh, refused, versions};
use crate::error::{AppendError, StoreError};
use crate::id::StreamId;
use crate::payload::Payload;
use crate::snapshot::{Fingerprint, NewSnapshot, SnapshotQuery, StoredSnapshot};
use crate::store::{EventStore, StreamAppend};
use crate::version::{ExpectedVersion, Position, Version};

const SHAPE: Fingerprint = Fingerprint::of("a shape");
const OTHER: Fingerprint = Fingerprint::of("another shape");

/// A stream of `count` events, one append each, and their positions.
async fn stream<S: EventStore>(store: &S, count: usize) -> (StreamId, Vec<Position>) {
    let stream = fresh();
    let mut positions = Vec::new();
    for _ in 0..count {
        positions.push(add(store, &stream, events(1)).await.position);
    }
    (stream, positions)
}

fn at(stream: &StreamId, version: u64, position: Position, shape: Fingerprint) -> NewSnapshot {
    let state = format!(r#"{{"b": 1.10, "a": "ß \" \\ {version}"}}"#);
    let state = Payload::from_json(state).expect("the suite's states are JSON");
    NewSnapshot::new(stream.clone(), Version::new(version), position, shape, state)
}

async fn save<S: EventStore>(store: &S, snapshot: &NewSnapshot) -> bool {
    let saved = store.save_snapshot(snapshot.clone()).await;
    saved.unwrap_or_else(|error| panic!("{snapshot:?} could not be saved: {error:?}"))
}

/// Saves what a store that keeps snapshots has no reason to refuse.
async fn keep<S: EventStore>(store: &S, snapshot: &NewSnapshot) {
    assert!(save(store, snapshot).await, "a snapshot that nothing speaks against is kept");
}

/// What a load is given: the snapshot, and the versions of the events.
async fn read<S: EventStore>(
    store: &S,
    stream: &StreamId,
    query: SnapshotQuery,
) -> (Option<StoredSnapshot>, Vec<u64>) {
    let read = store.read_from_snapshot(stream, query).await;
    let (found, events) = read.unwrap_or_else(|error| panic!("{stream}: {error:?}"));
    let events = events.take(10_000).try_collect::<Vec<_>>().await;
    let events = events.unwrap_or_else(|error| panic!("{stream} cannot be read: {error:?}"));
    assert!(events.iter().all(|event| event.stream == *stream), "events are the stream's own");
    (found, versions(&events))
}

/// Reads, and asserts that the answer is whole: what it begins with and the events after that are the stream.
async fn assert_begins_at<S: EventStore>(
    store: &S,
    stream: &StreamId,
    query: SnapshotQuery,
    wanted: u64,
    last: u64,
) {
    let (found, events) = read(store, stream, query).await;
    let version = found.map_or(0, |found| found.snapshot.version.get());
    assert_eq!(version, wanted, "{query:?}: the snapshot");
    assert_eq!(events, (wanted + 1..=last).collect::<Vec<_>>(), "{query:?}: the events after it");
}

/// Whether the store keeps snapshots at all.
async fn keeps<S: EventStore>(store: &S) -> bool {
    let (stream, positions) = stream(store, 1).await;
    save(store, &at(&stream, 1, positions[0], SHAPE)).await
}

/// Without a snapshot all events come, and what does not exist is empty.
pub async fn without_a_snapshot_all_events_come<S: EventStore>(store: &S) {
    let (stream, _) = stream(store, 3).await;
    let query = SnapshotQuery::of(SHAPE);
    assert_begins_at(store, &stream, query, 0, 3).await;
    assert_begins_at(store, &stream, query.up_to(Version::new(2)), 0, 2).await;
    assert_begins_at(store, &fresh(), query, 0, 0).await;
    assert_begins_at(store, &fresh(), query.up_to(Version::new(2)), 0, 0).await;
}

/// What is saved comes back as it was, byte for byte, with exactly the events after it.
pub async fn a_snapshot_comes_back_with_the_events_after_it<S: EventStore>(store: &S) {
    if !keeps(store).await {
        return;
    }
    let (stream, positions) = stream(store, 5).await;
    for (version, position) in (1..).zip(positions) {
        let new = at(&stream, version, position, SHAPE);
        assert!(save(store, &new).await, "version {version} is kept");
        let (found, events) = read(store, &stream, SnapshotQuery::of(SHAPE)).await;
        let found = found.expect("what is kept is found");
        assert_eq!(found.snapshot, new, "it comes back as it was saved");
        let mut stored = super::support::read(store, &stream).await.into_iter();
        let last = stored.find(|event| event.version.get() == version).map(|event| event.id);
        assert_eq!(Some(found.event), last, "it names its last event");
        let age = chrono::Utc::now() - found.created_at;
        assert!(age.num_minutes().abs() < 10, "it was made just now, not {age} ago");
        assert_eq!(events, (version + 1..=5).collect::<Vec<_>>(), "only later events come");
    }
}

/// An older snapshot never takes the place of a newer one; the same version again may.
pub async fn the_newest_snapshot_wins<S: EventStore>(store: &S) {
    if !keeps(store).await {
        return;
    }
    let (stream, positions) = stream(store, 4).await;
    let query = SnapshotQuery::of(SHAPE);
    keep(store, &at(&stream, 3, positions[2], SHAPE)).await;
    assert!(!save(store, &at(&stream, 2, positions[1], SHAPE)).await, "an older one is not kept");
    assert_begins_at(store, &stream, query, 3, 4).await;
    assert!(save(store, &at(&stream, 3, positions[2], SHAPE)).await, "the same again is kept");
    assert!(save(store, &at(&stream, 4, positions[3], SHAPE)).await, "a newer one is kept");
    assert_begins_at(store, &stream, query, 4, 4).await;
}

/// A snapshot of another shape is as good as none, and neither displaces the other.
pub async fn shapes_have_snapshots_of_their_own<S: EventStore>(store: &S) {
    if !keeps(store).await {
        return;
    }
    let (stream, positions) = stream(store, 4).await;
    let [shape, other] = [SHAPE, OTHER].map(SnapshotQuery::of);
    keep(store, &at(&stream, 3, positions[2], SHAPE)).await;
    assert_begins_at(store, &stream, other, 0, 4).await;
    assert!(save(store, &at(&stream, 2, positions[1], OTHER)).await, "older, of another shape");
    keep(store, &at(&stream, 4, positions[3], OTHER)).await;
    assert_begins_at(store, &stream, other, 4, 4).await;
    assert_begins_at(store, &stream, shape, 3, 4).await;
    // Fingerprints are any 64 bits.
    let greatest = Fingerprint::new(u64::MAX);
    keep(store, &at(&stream, 1, positions[0], greatest)).await;
    assert_begins_at(store, &stream, SnapshotQuery::of(greatest), 1, 4).await;
    assert_begins_at(store, &stream, SnapshotQuery::of(Fingerprint::new(0)), 0, 4).await;
}

/// Who asks for a state of the past gets no snapshot that is newer.
pub async fn a_snapshot_beyond_the_version_asked_for_is_not_used<S: EventStore>(store: &S) {
    if !keeps(store).await {
        return;
    }
    let (stream, positions) = stream(store, 5).await;
    keep(store, &at(&stream, 3, positions[2], SHAPE)).await;
    for (up_to, begins, last) in [(1, 0, 1), (2, 0, 2), (3, 3, 3), (4, 3, 4), (9, 3, 5), (0, 0, 0)]
    {
        let query = SnapshotQuery::of(SHAPE).up_to(Version::new(up_to));
        assert_begins_at(store, &stream, query, begins, last).await;
    }
    let end = SnapshotQuery::of(SHAPE).up_to(Version::new(u64::MAX));
    assert_begins_at(store, &stream, end, 3, 5).await;
}

/// A snapshot of events that are not stored is not kept.
pub async fn a_snapshot_of_what_is_not_stored_is_not_kept<S: EventStore>(store: &S) {
    let (stream, positions) = stream(store, 2).await;
    let beyond = Position::new(i64::MAX.cast_unsigned());
    for (version, position) in [
        (3, positions[1]),
        (3, beyond),
        (2, positions[0]),
        (1, positions[1]),
        (0, Position::START),
        (u64::MAX, beyond),
        (2, Position::new(u64::MAX)),
    ] {
        let new = at(&stream, version, position, SHAPE);
        let kept = save(store, &new).await;
        assert!(!kept, "the stream has no event of version {version} at position {position}");
    }
    let elsewhere = StreamId::new(category("contract-other"), stream.id());
    let posing = at(&elsewhere, 2, positions[1], SHAPE);
    assert!(!save(store, &posing).await, "the stream has another category");
    assert!(!save(store, &at(&fresh(), 1, positions[0], SHAPE)).await, "there is no such stream");
    assert_begins_at(store, &stream, SnapshotQuery::of(SHAPE), 0, 2).await;
}

/// A stream that is asked for under another category is refused, with a snapshot as without.
pub async fn a_snapshot_keeps_the_category_of_its_stream<S: EventStore>(store: &S) {
    let (stream, positions) = stream(store, 2).await;
    let posing = StreamId::new(category("contract-other"), stream.id());
    for (version, position) in (1..).zip(positions) {
        for up_to in [None, Some(Version::new(1)), Some(Version::new(9))] {
            let query = SnapshotQuery { up_to, ..SnapshotQuery::of(SHAPE) };
            let refused = match store.read_from_snapshot(&posing, query).await {
                Ok((found, events)) => {
                    assert_eq!(found, None, "a snapshot keeps the category of its stream");
                    events.try_collect::<Vec<_>>().await.err()
                }
                Err(error) => Some(error),
            };
            assert!(
                matches!(refused, Some(StoreError::WrongCategory { .. })),
                "a snapshot keeps the category of its stream: {query:?}: {refused:?}"
            );
        }
        save(store, &at(&stream, version, position, SHAPE)).await;
    }
}

/// A snapshot stands for stored events only: it is not changed by appends that are refused, and is used until the
/// next one.
pub async fn a_refused_append_leaves_a_snapshot_as_it_was<S: EventStore>(store: &S) {
    if !keeps(store).await {
        return;
    }
    let (stream, positions) = stream(store, 2).await;
    keep(store, &at(&stream, 2, positions[1], SHAPE)).await;
    let late = ExpectedVersion::Exact(Version::new(1));
    let error = refused(store, StreamAppend::new(stream.clone(), late, events(1))).await;
    assert!(matches!(error, AppendError::Conflict { .. }), "{error:?}");
    assert_begins_at(store, &stream, SnapshotQuery::of(SHAPE), 2, 2).await;
    add(store, &stream, events(3)).await;
    assert_begins_at(store, &stream, SnapshotQuery::of(SHAPE), 2, 5).await;
}

/// Of many that save snapshots of one stream at once, the newest stays.
pub async fn of_many_savers_the_newest_wins<S: EventStore>(store: &S) {
    if !keeps(store).await {
        return;
    }
    let (stream, positions) = stream(store, 16).await;
    let mut all: Vec<_> = (1..).zip(positions).collect();
    all.rotate_left(7);
    let savers = all
        .into_iter()
        .map(|(version, position)| store.save_snapshot(at(&stream, version, position, SHAPE)));
    let outcomes = futures_util::future::join_all(savers).await;
    for outcome in outcomes {
        outcome.expect("snapshots can be saved at once");
    }
    assert_begins_at(store, &stream, SnapshotQuery::of(SHAPE), 16, 16).await;
}
