//! Appending to one stream: versions, positions, beliefs.

use super::support::{
    add, append, assert_absent, assert_holds, category, entry, events, fresh, new_ids, read,
    refused, versions,
};
use crate::error::{AppendError, StoreError};
use crate::id::StreamId;
use crate::store::EventStore;
use crate::version::ExpectedVersion::{self, Any, Exact, NoStream, StreamExists};
use crate::version::Version;

/// The versions of a stream are 1, 2, 3 …, however many events each append brings.
pub async fn versions_count_from_one_without_holes<S: EventStore>(store: &S) {
    let stream = fresh();
    let mut total = 0;
    for count in [1, 3, 1, 7] {
        let done = add(store, &stream, events(count)).await;
        let first = Version::new(total + 1);
        total += count as u64;
        assert_eq!(done.first_version, first, "the first version of an append follows the stream");
        assert_eq!(done.version, Version::new(total), "the last version of an append of {count}");
    }
    let found = versions(&read(store, &stream).await);
    assert_eq!(found, (1..=total).collect::<Vec<_>>(), "versions have no holes");
}

/// Within a stream positions rise with versions; the first position is at least 1.
pub async fn positions_rise_with_versions<S: EventStore>(store: &S) {
    let (stream, other) = (fresh(), fresh());
    for count in [2, 1, 3] {
        add(store, &stream, events(count)).await;
        add(store, &other, events(1)).await;
    }
    let found = read(store, &stream).await;
    let positions: Vec<_> = found.iter().map(|event| event.position.get()).collect();
    assert!(positions[0] >= 1, "positions begin at 1: {positions:?}");
    assert!(positions.is_sorted_by(|a, b| a < b), "positions rise with versions: {positions:?}");
}

/// An append that begins when another has been answered gets later positions, also in another stream.
pub async fn positions_rise_from_answer_to_answer<S: EventStore>(store: &S) {
    let streams = [fresh(), fresh(), fresh()];
    let mut positions = Vec::new();
    for turn in 0..9 {
        positions.push(add(store, &streams[(turn * 2) % 3], events(1 + turn % 2)).await.position);
    }
    assert!(
        positions.is_sorted_by(|a, b| a < b),
        "positions rise from answer to answer: {positions:?}"
    );
}

/// The answer to an append names the version and the position at which its last event is found.
pub async fn an_append_answers_where_its_last_event_is<S: EventStore>(store: &S) {
    let stream = fresh();
    for count in [1, 4] {
        let done = add(store, &stream, events(count)).await;
        let last = read(store, &stream).await.pop().expect("what was appended is there");
        assert_eq!(
            (done.version, done.position),
            (last.version, last.position),
            "an append of {count} answers the version and position of its last event"
        );
    }
}

/// What an append has answered for is there for the next read of the stream.
pub async fn an_answered_append_is_visible_at_once<S: EventStore>(store: &S) {
    let stream = fresh();
    let mut all = Vec::new();
    for count in [1, 2, 5] {
        let new = events(count);
        add(store, &stream, new.clone()).await;
        all.extend(new);
        assert_holds(store, &stream, &all, "an answered append is visible at once").await;
    }
}

/// `Any` is accepted by a missing and by an existing stream.
pub async fn any_is_accepted_by_every_stream<S: EventStore>(store: &S) {
    let stream = fresh();
    let first = append(store, &stream, Any, events(1)).await;
    let second = append(store, &stream, Any, events(1)).await;
    assert_eq!((first.version.get(), second.version.get()), (1, 2), "`Any` appends at the end");
}

/// `NoStream` is accepted by a missing stream, and by no other.
pub async fn no_stream_is_accepted_only_by_a_missing_stream<S: EventStore>(store: &S) {
    let stream = fresh();
    append(store, &stream, NoStream, events(2)).await;
    assert_conflict(store, &stream, NoStream, 2).await;
}

/// `StreamExists` is accepted by an existing stream, and by no other.
pub async fn stream_exists_is_accepted_only_by_an_existing_stream<S: EventStore>(store: &S) {
    let stream = fresh();
    assert_conflict(store, &stream, StreamExists, 0).await;
    append(store, &stream, NoStream, events(2)).await;
    let done = append(store, &stream, StreamExists, events(1)).await;
    assert_eq!(done.version.get(), 3, "`StreamExists` appends at the end");
}

/// `Exact(v)` is accepted by a stream whose last event has version `v`, and by no other; `Exact(0)` means no stream.
pub async fn exact_is_accepted_only_at_that_version<S: EventStore>(store: &S) {
    let stream = fresh();
    let exact = |version| Exact(Version::new(version));
    let absurd = [i64::MAX.cast_unsigned(), i64::MAX.cast_unsigned() + 1, u64::MAX];
    for wrong in [1, 2].into_iter().chain(absurd) {
        assert_conflict(store, &stream, exact(wrong), 0).await;
    }
    append(store, &stream, exact(0), events(3)).await;
    for wrong in [0, 1, 2, 4, 5].into_iter().chain(absurd) {
        assert_conflict(store, &stream, exact(wrong), 3).await;
    }
    let done = append(store, &stream, exact(3), events(1)).await;
    assert_eq!(done.version.get(), 4, "`Exact(3)` appends after version 3");
}

/// A conflict leaves the stream as it was, and the ids of its events free.
pub async fn a_conflict_writes_nothing<S: EventStore>(store: &S) {
    let promise = "a conflict writes nothing";
    let (stream, missing) = (fresh(), fresh());
    let there = events(2);
    add(store, &stream, there.clone()).await;
    let late = events(3);
    for (stream, expected) in
        [(&stream, NoStream), (&stream, Exact(Version::new(1))), (&missing, StreamExists)]
    {
        let error = refused(store, entry(stream, expected, late.clone())).await;
        assert!(error.is_conflict(), "{expected} must be a conflict on {stream}: {error:?}");
    }
    assert_holds(store, &stream, &there, promise).await;
    assert_holds(store, &missing, &[], promise).await;
    assert_absent(store, &new_ids(&late), promise).await;

    append(store, &stream, Exact(Version::new(2)), late.clone()).await;
    assert_holds(store, &stream, &[there, late].concat(), "after a conflict the ids are free")
        .await;
}

/// A stream belongs to the category it was begun under: under another one it is neither written nor read.
pub async fn a_stream_keeps_its_category<S: EventStore>(store: &S) {
    use futures_util::TryStreamExt as _;
    let promise = "a stream keeps its category";
    let stream = fresh();
    let there = events(2);
    add(store, &stream, there.clone()).await;
    let posing = StreamId::new(category("contract-other"), stream.id());
    let late = events(1);
    for expected in [Any, StreamExists, Exact(Version::new(2))] {
        let error = refused(store, entry(&posing, expected, late.clone())).await;
        let AppendError::Store(error) = error else {
            panic!(
                "{promise}: an append ({expected}) as {posing} must fail with `WrongCategory`, not {error:?}"
            )
        };
        assert_wrong_category(&error, &posing, &stream);
    }
    let read: Result<Vec<_>, _> =
        store.read_stream(&posing, crate::store::StreamQuery::ALL).try_collect().await;
    match read {
        Ok(events) => panic!("{promise}: read as {posing} it gave {} events", events.len()),
        Err(error) => assert_wrong_category(&error, &posing, &stream),
    }
    assert_absent(store, &new_ids(&late), promise).await;
    assert_holds(store, &stream, &there, promise).await;
}

/// An event id that is stored already is refused, in its own stream and in another, and nothing of that append is written.
pub async fn an_event_id_is_taken_once<S: EventStore>(store: &S) {
    let promise = "an event id is taken once";
    let (stream, other) = (fresh(), fresh());
    let there = events(2);
    add(store, &stream, there.clone()).await;
    for (target, expected) in
        [(&stream, Any), (&stream, Exact(Version::new(2))), (&other, Any), (&other, NoStream)]
    {
        let mut late = events(3);
        late[1].id = there[1].id;
        let error = refused(store, entry(target, expected, late.clone())).await;
        let AppendError::DuplicateEvent { event } = error else {
            panic!("{promise}: expected `DuplicateEvent` on {target} ({expected}), got {error:?}")
        };
        assert_eq!(event, there[1].id, "{promise}: the error names the id");
        assert_absent(store, &[late[0].id, late[2].id], promise).await;
    }
    assert_holds(store, &stream, &there, promise).await;
    assert_holds(store, &other, &[], promise).await;
    let first = append(store, &other, NoStream, events(1)).await;
    assert_eq!(first.version.get(), 1, "{promise}: a refused append leaves no trace of its stream");
}

async fn assert_conflict<S: EventStore>(
    store: &S,
    stream: &StreamId,
    belief: ExpectedVersion,
    version: u64,
) {
    match refused(store, entry(stream, belief, events(1))).await {
        AppendError::Conflict { stream: named, expected, actual } => assert_eq!(
            (named, expected, actual),
            (stream.clone(), belief, Version::new(version)),
            "a conflict tells the stream, what was expected, and the version found"
        ),
        error => panic!(
            "`{belief}` on a stream at version {version} must be a conflict, but it was refused with {error:?}"
        ),
    }
}

fn assert_wrong_category(error: &StoreError, posing: &StreamId, real: &StreamId) {
    let StoreError::WrongCategory { stream, actual } = error else {
        panic!("a stream keeps its category: expected `WrongCategory` for {posing}, got {error:?}")
    };
    assert_eq!(
        (stream, actual),
        (posing, real.category()),
        "the error names the stream asked for and its real category"
    );
}
