//! Reading one stream.

use futures_util::TryStreamExt as _;

use super::support::{add, assert_holds, events, fresh, read_some, settle, settled, versions};
use crate::store::{EventStore, LogQuery, StreamQuery};
use crate::version::Version;

/// A stream that does not exist is empty, however it is asked for.
pub async fn a_missing_stream_is_empty<S: EventStore>(store: &S) {
    let stream = fresh();
    let queries = [
        StreamQuery::ALL,
        StreamQuery::after(Version::new(3)),
        StreamQuery::ALL.up_to(Version::new(3)),
        StreamQuery::after(Version::new(u64::MAX)),
    ];
    for query in queries {
        let found = read_some(store, &stream, query).await;
        assert_eq!(found, [], "a missing stream is empty ({query:?})");
    }
}

/// `after` is exclusive, `up_to` inclusive; beyond the end, and between the two when they cross, there is nothing.
pub async fn a_stream_is_read_after_and_up_to<S: EventStore>(store: &S) {
    let stream = fresh();
    let last = 5;
    add(store, &stream, events(2)).await;
    add(store, &stream, events(3)).await;
    let marks = || (0..=last + 2).chain([i64::MAX.cast_unsigned(), u64::MAX]);
    for after in marks() {
        let query = StreamQuery::after(Version::new(after));
        for up_to in marks().map(Some).chain([None]) {
            let query = up_to.map_or(query, |up_to| query.up_to(Version::new(up_to)));
            let wanted: Vec<_> = (1..=last)
                .filter(|v| *v > after && up_to.is_none_or(|up_to| *v <= up_to))
                .collect();
            let found = versions(&read_some(store, &stream, query).await);
            assert_eq!(found, wanted, "of versions 1 to {last}, after {after} up to {up_to:?}");
        }
    }
}

/// A stream of thousands of events comes whole and in order.
pub async fn a_long_stream_comes_whole<S: EventStore>(store: &S) {
    let stream = fresh();
    let mut all = Vec::new();
    for _ in 0..3 {
        let new = events(700);
        add(store, &stream, new.clone()).await;
        all.extend(new);
    }
    assert_holds(store, &stream, &all, "a long stream comes whole").await;
    let query = StreamQuery::after(Version::new(255)).up_to(Version::new(1_800));
    let found = versions(&read_some(store, &stream, query).await);
    assert_eq!(found, (256..=1_800).collect::<Vec<_>>(), "a long piece comes whole");
}

/// Whoever reads may stop before the end, again and again: nothing is kept for him.
pub async fn a_read_may_stop_early<S: EventStore>(store: &S) {
    let start = settled(store).await;
    let stream = fresh();
    // More than a store may be expected to have read ahead.
    let done = add(store, &stream, events(2_000)).await;
    settle(store, done.position).await;
    for _ in 0..10 {
        for mut read in
            [store.read_stream(&stream, StreamQuery::ALL), store.stream_log(LogQuery::after(start))]
        {
            let first = read.try_next().await;
            let first = first.unwrap_or_else(|error| panic!("{stream} cannot be read: {error:?}"));
            assert_eq!(first.map(|event| event.version.get()), Some(1), "a read begins");
        }
    }
    let next = add(store, &stream, events(1)).await;
    assert_eq!(next.version.get(), 2_001, "the stream goes on");
}

/// Streams that are written by turns do not mix.
pub async fn streams_do_not_mix<S: EventStore>(store: &S) {
    let streams = [fresh(), fresh(), fresh()];
    let mut written = [const { Vec::new() }; 3];
    for turn in 0..12 {
        let new = events(1 + turn % 2);
        add(store, &streams[turn % 3], new.clone()).await;
        written[turn % 3].extend(new);
    }
    for (stream, events) in streams.iter().zip(&written) {
        assert_holds(store, stream, events, "streams do not mix").await;
    }
}
