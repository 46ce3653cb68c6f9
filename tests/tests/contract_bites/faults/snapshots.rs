//! Snapshots.

use es_core::{MemoryStore, NewSnapshot, Payload, SnapshotQuery, StoredSnapshot, StreamId};

use super::{half, whole};
use crate::bite::{Bite, bite};
use crate::fault::Fault::{Kept, Loaded, Refused, Snapshots};

pub(crate) fn without_a_snapshot_all_events_come() -> Vec<Bite> {
    vec![bite(
        "the first event is taken for a snapshot",
        Loaded(|found, events| {
            if found.is_none() && !events.is_empty() {
                events.remove(0);
            }
        }),
        "the events after it",
    )]
}

pub(crate) fn a_snapshot_comes_back_with_the_events_after_it() -> Vec<Bite> {
    vec![
        bite(
            "the state is serialised again",
            Loaded(|found, _| {
                if let Some(found) = found {
                    let state: serde_json::Value = found.snapshot.state.decode().expect("JSON");
                    found.snapshot.state = Payload::from_json(state.to_string()).expect("JSON");
                }
            }),
            "it comes back as it was saved",
        ),
        bite(
            "the events after the next one come",
            Loaded(|found, events| {
                if found.is_some() && !events.is_empty() {
                    events.remove(0);
                }
            }),
            "only later events come",
        ),
        bite(
            "the snapshot is said to be of another event",
            Snapshots { keeps: is_of_an_event, finds },
            "it names its last event",
        ),
    ]
}

pub(crate) fn the_newest_snapshot_wins() -> Vec<Bite> {
    vec![
        bite(
            "the snapshot that was saved last wins",
            Snapshots { keeps: is_of_an_event, finds },
            "an older one is not kept",
        ),
        bite(
            "a snapshot that is not kept is said to be",
            Kept(|_| true),
            "an older one is not kept",
        ),
        bite(
            "a version is kept once",
            Snapshots {
                keeps: |store, there, new| {
                    let is_new =
                        |kept: &StoredSnapshot| kept.snapshot.version < new.snapshot.version;
                    is_of_an_event(store, there, new) && there.iter().all(is_new)
                },
                finds,
            },
            "the same again is kept",
        ),
    ]
}

pub(crate) fn shapes_have_snapshots_of_their_own() -> Vec<Bite> {
    vec![
        bite(
            "the shape is not asked for",
            Snapshots { keeps, finds: |kept, stream, query| fits(kept, stream, query) },
            "the snapshot",
        ),
        bite(
            "a stream has one snapshot",
            Snapshots {
                keeps: |store, there, new| {
                    let newer =
                        |kept: &StoredSnapshot| kept.snapshot.version > new.snapshot.version;
                    is_of_an_event(store, there, new) && !there.iter().any(newer)
                },
                finds,
            },
            "older, of another shape",
        ),
    ]
}

pub(crate) fn a_snapshot_beyond_the_version_asked_for_is_not_used() -> Vec<Bite> {
    vec![bite(
        "the version asked for is ignored",
        Snapshots {
            keeps,
            finds: |kept, stream, query| finds(kept, stream, SnapshotQuery::of(query.fingerprint)),
        },
        "the snapshot",
    )]
}

pub(crate) fn a_snapshot_of_what_is_not_stored_is_not_kept() -> Vec<Bite> {
    vec![
        bite(
            "the stream is not looked at",
            Snapshots { keeps: |_, _, _| true, finds },
            "the stream has no event of version",
        ),
        bite(
            "the position is not looked at",
            Snapshots {
                keeps: |store, _, new| {
                    let stream = whole(store, &new.snapshot.stream);
                    let mut there = stream.iter().flatten();
                    there.any(|event| event.version == new.snapshot.version)
                },
                finds,
            },
            "the stream has no event of version",
        ),
        bite(
            "the category is not looked at",
            Snapshots {
                keeps: |store, there, new| {
                    let mut new = new.clone();
                    new.snapshot.stream = super::under(&new.snapshot.stream, "contract");
                    keeps(store, there, &new)
                },
                finds,
            },
            "the stream has another category",
        ),
    ]
}

pub(crate) fn a_snapshot_keeps_the_category_of_its_stream() -> Vec<Bite> {
    vec![bite(
        "a snapshot is found by the stream's UUID",
        Snapshots {
            keeps,
            finds: |kept, stream, query| {
                finds(
                    kept,
                    &StreamId::new(kept.snapshot.stream.category().clone(), stream.id()),
                    query,
                )
            },
        },
        "left: Some(StoredSnapshot",
    )]
}

pub(crate) fn a_refused_append_leaves_a_snapshot_as_it_was() -> Vec<Bite> {
    vec![
        bite("a refused append is stored by half", Refused(half), "the events after it"),
        bite(
            "a snapshot is used until the next event",
            Loaded(|found, events| {
                if !events.is_empty() {
                    *found = None;
                }
            }),
            "the snapshot",
        ),
    ]
}

pub(crate) fn of_many_savers_the_newest_wins() -> Vec<Bite> {
    vec![
        bite(
            "the snapshot that was saved last wins",
            Snapshots { keeps: is_of_an_event, finds },
            "the snapshot",
        ),
        bite(
            "the first saver keeps the others off",
            Snapshots {
                keeps: |store, there, new| there.len() < 2 && keeps(store, there, new),
                finds,
            },
            "the snapshot",
        ),
    ]
}

/// As it should be: of an event, and not older than what is kept.
fn keeps(store: &MemoryStore, there: &[StoredSnapshot], new: &StoredSnapshot) -> bool {
    let newer = |kept: &StoredSnapshot| {
        let NewSnapshot { stream, fingerprint, version, .. } = &kept.snapshot;
        (stream, fingerprint) == (&new.snapshot.stream, &new.snapshot.fingerprint)
            && *version > new.snapshot.version
    };
    is_of_an_event(store, there, new) && !there.iter().any(newer)
}

fn is_of_an_event(store: &MemoryStore, _: &[StoredSnapshot], new: &StoredSnapshot) -> bool {
    let NewSnapshot { stream, version, position, .. } = &new.snapshot;
    let stream = whole(store, stream);
    stream.iter().flatten().any(|event| (event.version, event.position) == (*version, *position))
}

/// As it should be: of the stream and the shape, and not beyond what is asked for.
fn finds(kept: &StoredSnapshot, stream: &StreamId, query: SnapshotQuery) -> bool {
    kept.snapshot.fingerprint == query.fingerprint && fits(kept, stream, query)
}

/// As it should be, but of any shape.
fn fits(kept: &StoredSnapshot, stream: &StreamId, query: SnapshotQuery) -> bool {
    kept.snapshot.stream == *stream
        && query.up_to.is_none_or(|up_to| kept.snapshot.version <= up_to)
}
