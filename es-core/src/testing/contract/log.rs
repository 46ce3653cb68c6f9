//! Reading the log of all streams. These promises look at everything in the log after their own beginning, so no
//! other writer may be at work on the store meanwhile.

use futures_util::TryStreamExt as _;

use super::support::{
    add, entry, events, fresh, ids, named, pages, read, settle, settled, streamed, unique,
    yield_now,
};
use crate::id::EventId;
use crate::record::StoredEvent;
use crate::store::{EventAddress, EventStore, LogQuery};
use crate::version::ExpectedVersion::Any;
use crate::version::Position;

/// Whatever the size of the pages, they give each event once, by rising position.
pub async fn pages_of_every_size_give_each_event_once_in_order<S: EventStore>(store: &S) {
    let log = Log::write(store).await;
    for limit in (1..=log.written.len() + 1).chain([1_000, usize::MAX]) {
        let found = pages(store, LogQuery::after(log.start), limit, log.end).await;
        assert_eq!(ids(&found), log.written, "pages of {limit} give each event once, in order");
        assert!(
            found.is_sorted_by(|a, b| a.position < b.position),
            "pages of {limit} give rising positions"
        );
    }
}

/// Reading after any position gives exactly the events behind it.
pub async fn the_log_is_read_after_any_position<S: EventStore>(store: &S) {
    let log = Log::write(store).await;
    let all = pages(store, LogQuery::after(log.start), 100, log.end).await;
    for (skip, event) in (1..).zip(&all) {
        let found = pages(store, LogQuery::after(event.position), 4, log.end).await;
        assert_eq!(ids(&found), log.written[skip..], "after the {skip}. event come the others");
    }
    for beyond in [log.end, Position::new(log.end.get() + 5), Position::new(u64::MAX)] {
        let page = store.read_log(LogQuery::after(beyond), 10).await.expect("the log is readable");
        assert_eq!(page.events, [], "after {beyond}, with {} settled, comes nothing", log.end);
        assert!(page.through >= beyond, "a page never goes back: {} < {beyond}", page.through);
    }
}

/// Filtered by names, pages of every size give exactly the events so named, and names are compared byte by byte.
pub async fn a_filter_gives_exactly_the_named_events<S: EventStore>(store: &S) {
    let log = Log::write(store).await;
    let all = pages(store, LogQuery::after(log.start), 100, log.end).await;
    let (rare, odd) = (log.rare.as_str(), log.odd.as_str());
    let (loud, longer) = (rare.to_uppercase(), format!("{rare} "));
    let filters: [&[&str]; 7] = [
        &[rare],
        &[odd],
        &[rare, odd],
        &["counted", rare, "never"],
        &["never"],
        &[loud.as_str(), longer.as_str(), "%", "_", "c%"],
        &[rare, rare],
    ];
    for names in filters {
        let wanted: Vec<_> =
            all.iter().filter(|event| names.contains(&event.name.as_str())).cloned().collect();
        for limit in 1..=wanted.len() + 2 {
            let query = LogQuery::after(log.start).names(names);
            let found = pages(store, query, limit, log.end).await;
            assert_eq!(ids(&found), ids(&wanted), "pages of {limit}, only {names:?}");
        }
    }
}

/// A page that is not full is through up to what is settled, however far away the last event that matched.
pub async fn a_page_that_is_not_full_skips_ahead<S: EventStore>(store: &S) {
    let log = Log::write(store).await;
    let rare = [log.rare.as_str()];
    let cases: [(&str, LogQuery<'_>); 3] = [
        ("all events", LogQuery::after(log.start)),
        ("one name", LogQuery::after(log.start).names(&rare)),
        ("a name that never comes", LogQuery::after(log.start).names(&["never"])),
    ];
    for (what, query) in cases {
        let page = store.read_log(query, 1_000).await.expect("the log is readable");
        assert!(
            page.through >= log.end,
            "{what}: a page that is not full is through at {}, though {} is settled",
            page.through,
            log.end
        );
        let end = settled(store).await;
        assert!(
            page.through <= end,
            "{what}: a page is never through beyond what is settled: {} of {end}",
            page.through
        );
    }
}

/// An empty list of names matches no event (and reading goes on all the same); no list matches all.
pub async fn no_names_match_no_events<S: EventStore>(store: &S) {
    let log = Log::write(store).await;
    let query = LogQuery::after(log.start).names(&[]);
    let page = store.read_log(query, 5).await.expect("the log is readable");
    assert_eq!(page.events, [], "an empty list of names matches no event");
    assert!(page.through >= log.end, "through {} of {}", page.through, log.end);
    assert_eq!(
        streamed(store, query).await,
        [],
        "an empty list of names matches no streamed event"
    );
}

/// Streamed, the log is what its pages are, with and without a filter.
pub async fn the_streamed_log_is_what_its_pages_are<S: EventStore>(store: &S) {
    let log = Log::write(store).await;
    let names = [log.rare.as_str(), log.odd.as_str()];
    let all = pages(store, LogQuery::after(log.start), 100, log.end).await;
    let middle = all[all.len() / 2].position;
    for after in [log.start, middle, log.end, Position::new(u64::MAX)] {
        for query in [LogQuery::after(after), LogQuery::after(after).names(&names)] {
            let paged = pages(store, query, 100, log.end).await;
            let streamed = streamed(store, query).await;
            assert_eq!(streamed, paged, "the streamed log is what its pages are ({query:?})");
        }
    }
}

/// The streamed log ends at what was settled when it was first polled: before that it has no beginning, after that
/// it follows no writer.
pub async fn the_streamed_log_ends_where_it_was_settled_at_first<S: EventStore>(store: &S) {
    let (stream, start) = (fresh(), settled(store).await);
    let mut rest = store.stream_log(LogQuery::after(start));
    // More than a store may be expected to have read ahead.
    let before = add(store, &stream, events(2_000)).await;
    settle(store, before.position).await;
    let first = rest.try_next().await.expect("the log can be streamed");
    assert_eq!(first.map(|event| event.version.get()), Some(1), "asked for when first polled");
    let late = add(store, &stream, events(2)).await;
    settle(store, late.position).await;
    let rest: Vec<_> = rest.try_collect().await.expect("the log can be streamed");
    let rest: Vec<_> = rest.iter().map(|event| event.version.get()).collect();
    assert_eq!(
        rest,
        (2..=2_000).collect::<Vec<_>>(),
        "the streamed log ends where it was settled when first polled"
    );
}

/// A log of thousands of events comes whole, streamed and in large pages.
pub async fn a_long_log_comes_whole<S: EventStore>(store: &S) {
    let start = settled(store).await;
    let streams = [fresh(), fresh(), fresh()];
    let mut end = start;
    for _ in 0..4 {
        let calls = streams.iter().map(|stream| entry(stream, Any, events(150))).collect();
        for outcome in store.append_many(calls).await {
            end = end.max(outcome.expect("nobody else writes here").position);
        }
    }
    settle(store, end).await;
    let mut wanted = Vec::new();
    for stream in &streams {
        wanted.extend(read(store, stream).await);
    }
    wanted.sort_unstable_by_key(|event| event.position);
    let query = LogQuery::after(start);
    assert_eq!(
        ids(&streamed(store, query).await),
        ids(&wanted),
        "a long log comes whole, streamed"
    );
    for limit in [256, 499, 100_000] {
        let paged = pages(store, query, limit, end).await;
        assert_eq!(ids(&paged), ids(&wanted), "a long log comes whole, in pages of {limit}");
    }
}

/// Stored events are found by their ids; ids that are not stored are left out.
pub async fn locate_finds_what_is_stored<S: EventStore>(store: &S) {
    let stream = fresh();
    add(store, &stream, events(3)).await;
    let stored = read(store, &stream).await;
    let address = |event: &StoredEvent| {
        EventAddress::new(event.id, event.stream.id(), event.version, event.position)
    };
    let missing = EventId::new();
    let mut found = store.locate(&[stored[2].id, missing, stored[0].id]).await.expect("askable");
    found.sort_unstable_by_key(|found| found.version);
    assert_eq!(found, [address(&stored[0]), address(&stored[2])], "locate finds what is stored");
    let mut many: Vec<_> = (0..40_000).map(|_| EventId::new()).collect();
    many.insert(20_000, stored[1].id);
    let found = store.locate(&many).await.expect("askable");
    let promise = "locate finds what is stored, however many ids are asked for";
    assert_eq!(found, [address(&stored[1])], "{promise}");
    assert_eq!(store.locate(&[]).await.expect("askable"), [], "no ids, no addresses");
    assert_eq!(store.locate(&[missing]).await.expect("askable"), [], "a missing id is left out");
}

/// With no append in flight, everything that was answered becomes settled, and settled stays there.
pub async fn settled_is_the_head_when_nothing_is_in_flight<S: EventStore>(store: &S) {
    let stream = fresh();
    let mut before = settled(store).await;
    for count in [1, 3, 1] {
        let done = add(store, &stream, events(count)).await;
        settle(store, done.position).await;
        for _ in 0..3 {
            let now = settled(store).await;
            assert_eq!(now, done.position, "settled is the head when nothing is in flight");
            yield_now().await;
        }
        assert!(before < done.position, "settled rises: {before}, then {}", done.position);
        before = done.position;
    }
    // A refused append may leave a hole, but nothing behind it that would ever appear.
    let again = entry(&stream, crate::version::ExpectedVersion::NoStream, events(1));
    store.append(again).await.expect_err("the stream exists");
    assert!(settled(store).await >= before, "settled never falls");
}

/// A few streams, written by turns: common events, one rare name early, one odd name.
struct Log {
    start: Position,
    end: Position,
    written: Vec<EventId>,
    rare: String,
    odd: String,
}

impl Log {
    async fn write<S: EventStore>(store: &S) -> Self {
        let start = settled(store).await;
        let (rare, odd) = (unique("rare"), unique("it's %odd, \"é\" "));
        let streams = [fresh(), fresh(), fresh()];
        let (mut end, mut written) = (start, Vec::new());
        for turn in 0..4 {
            let mut calls: Vec<_> =
                streams.iter().map(|stream| entry(stream, Any, events(1 + turn % 2))).collect();
            if turn == 0 {
                calls[1].events.push(named(&rare, "{}"));
            }
            if turn % 2 == 1 {
                calls[0].events.push(named(&odd, "{}"));
            }
            written.extend(calls.iter().flat_map(|call| &call.events).map(|event| event.id));
            for outcome in store.append_many(calls).await {
                end = end.max(outcome.expect("nobody else writes here").position);
            }
        }
        settle(store, end).await;
        Self { start, end, written, rare, odd }
    }
}
