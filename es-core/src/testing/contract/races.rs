//! Many futures at once on one store.

use std::sync::OnceLock;

use futures_util::future::{Either, join, join_all, select};

use super::support::{
    add, append, assert_absent, assert_holds, category, entry, events, follow, fresh, ids, in_time,
    new_ids, read, settle, settled, versions, yield_now,
};
use crate::error::{AppendError, StoreError};
use crate::id::StreamId;
use crate::record::NewEvent;
use crate::store::EventStore;
use crate::version::ExpectedVersion::{self, Any, Exact, NoStream};
use crate::version::Version;

const RACERS: usize = 24;

/// Of many that begin the same stream at once, one does.
pub async fn one_of_many_creators_wins<S: EventStore>(store: &S) {
    race_for_one_version(store, NoStream, 0).await;
}

/// Of many that write after the same version at once, one does.
pub async fn one_of_many_writers_at_a_version_wins<S: EventStore>(store: &S) {
    race_for_one_version(store, Exact(Version::new(3)), 3).await;
}

/// Many that write without a belief at once all do, each with its events side by side.
pub async fn appends_without_a_belief_all_succeed<S: EventStore>(store: &S) {
    let promise = "appends without a belief all succeed";
    let stream = fresh();
    let batches: Vec<_> = (0..RACERS).map(|at| events(1 + at % 3)).collect();
    let race = batches.iter().map(|new| store.append(entry(&stream, Any, new.clone())));
    let outcomes: Result<Vec<_>, _> = join_all(race).await.into_iter().collect();
    let outcomes = outcomes.unwrap_or_else(|error| panic!("{promise}: {error:?}"));

    let stored = read(store, &stream).await;
    let total: usize = batches.iter().map(Vec::len).sum();
    assert_eq!(versions(&stored), (1..=total as u64).collect::<Vec<_>>(), "{promise}: no holes");
    for (new, done) in batches.iter().zip(outcomes) {
        let (first, last) = (done.first_version.get(), done.version.get());
        let found: Vec<_> = stored
            .iter()
            .filter(|event| (first..=last).contains(&event.version.get()))
            .map(|event| event.id)
            .collect();
        assert_eq!(found, new_ids(new), "{promise}: versions {first} to {last} are its own events");
    }
}

/// Many callers who append to streams of their own, again and again, all do, and each reads what he has appended.
pub async fn callers_at_once_see_their_own_appends<S: EventStore>(store: &S) {
    let promise = "callers at once see their own appends";
    let caller = async || {
        let (stream, mut all) = (fresh(), Vec::new());
        for round in 0..4 {
            let new = events(1 + round % 2);
            let expected = Version::new(all.len() as u64);
            let expected = if round == 0 { NoStream } else { Exact(expected) };
            append(store, &stream, expected, new.clone()).await;
            all.extend(new);
            assert_holds(store, &stream, &all, promise).await;
        }
    };
    join_all((0..RACERS).map(|_| caller())).await;
}

/// Of many appends that bring the same event id to different streams at once, one is stored.
pub async fn an_event_id_in_many_appends_at_once_is_stored_once<S: EventStore>(store: &S) {
    let promise = "an event id in many appends at once is stored once";
    let streams: Vec<_> = (0..RACERS).map(|_| fresh()).collect();
    let shared = events(1).remove(0);
    let batch = |_| -> Vec<NewEvent> {
        let mut new = events(2);
        new[1].id = shared.id;
        new
    };
    let batches: Vec<_> = (0..RACERS).map(batch).collect();
    let race = streams.iter().zip(&batches);
    let race = race.map(|(stream, new)| store.append(entry(stream, Any, new.clone())));
    let outcomes = join_all(race).await;

    let winners = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(winners, 1, "{promise}: {outcomes:?}");
    for ((stream, new), outcome) in streams.iter().zip(&batches).zip(outcomes) {
        match outcome {
            Ok(_) => assert_holds(store, stream, new, promise).await,
            Err(AppendError::DuplicateEvent { event }) => {
                assert_eq!(event, shared.id, "{promise}: the error names the id");
                assert_holds(store, stream, &[], promise).await;
                assert_absent(store, &[new[0].id], promise).await;
            }
            Err(error) => panic!("{promise}: expected `DuplicateEvent`, got {error:?}"),
        }
    }
}

/// Calls that write to the same streams at once, each in its own order, all succeed: none waits for another for ever.
pub async fn calls_for_the_same_streams_at_once_all_succeed<S: EventStore>(store: &S) {
    let promise = "calls for the same streams at once all succeed";
    let streams: Vec<_> = (0..6).map(|_| fresh()).collect();
    let calls = (0..RACERS).map(|at| {
        let mut order: Vec<_> = streams.iter().collect();
        order.rotate_left(at % streams.len());
        if at % 2 == 1 {
            order.reverse();
        }
        store.append_many(order.into_iter().map(|stream| entry(stream, Any, events(1))).collect())
    });
    for outcome in in_time("a call", join_all(calls)).await.into_iter().flatten() {
        outcome.unwrap_or_else(|error| panic!("{promise}: {error:?}"));
    }
    for stream in &streams {
        let found = versions(&read(store, stream).await);
        assert_eq!(found, (1..=RACERS as u64).collect::<Vec<_>>(), "{promise}: versions");
    }
}

/// Of many that begin a stream at once under two categories, those of one category succeed and the others are refused.
pub async fn a_race_leaves_a_stream_in_one_category<S: EventStore>(store: &S) {
    let promise = "a race leaves a stream in one category";
    for _ in 0..4 {
        let stream = fresh();
        let posing = StreamId::new(category("contract-other"), stream.id());
        let of = |at: usize| if at.is_multiple_of(2) { &stream } else { &posing };
        let race = (0..RACERS).map(|at| store.append(entry(of(at), Any, events(1))));
        let outcomes = join_all(race).await;
        let first_ok = outcomes.iter().position(Result::is_ok);
        let winner = of(first_ok.unwrap_or_else(|| panic!("{promise}: none won: {outcomes:?}")));
        for (at, outcome) in outcomes.iter().enumerate() {
            let fits = match outcome {
                Ok(_) => of(at) == winner,
                Err(AppendError::Store(StoreError::WrongCategory { .. })) => of(at) != winner,
                Err(_) => false,
            };
            assert!(fits, "{promise} ({winner} won): {} got {outcome:?}", of(at));
        }
        let found = read(store, winner).await;
        assert_eq!(found.len(), RACERS / 2, "{promise}: the winner's events");
        assert!(found.iter().all(|event| event.stream == *winner), "{promise}: {found:?}");
    }
}

/// A reader that follows the log while many write sees every event once, by rising position.
pub async fn a_reader_that_follows_writers_misses_nothing<S: EventStore>(store: &S) {
    let promise = "a reader that follows writers misses nothing";
    let start = settled(store).await;
    let writer = |rounds: usize| async move {
        let (stream, mut written, mut last) = (fresh(), Vec::new(), start);
        for round in 0..rounds {
            let new = events(1 + round % 2);
            written.extend(new_ids(&new));
            last = add(store, &stream, new).await.position;
            yield_now().await;
        }
        (written, last)
    };
    let end = OnceLock::new();
    let writers = async {
        let written = join_all((0..8).map(|at| writer(10 + at))).await;
        let last = written.iter().map(|(_, last)| *last).max().unwrap_or(start);
        settle(store, last).await;
        end.get_or_init(|| last);
        written
    };
    let (written, seen) = join(writers, follow(store, start, &end)).await;
    assert!(
        seen.is_sorted_by(|a, b| a.position < b.position),
        "{promise}: positions do not rise: {:?}",
        seen.iter().map(|event| event.position.get()).collect::<Vec<_>>()
    );
    let mut seen = ids(&seen);
    let mut all: Vec<_> = written.iter().flat_map(|(ids, _)| ids.clone()).collect();
    seen.sort_unstable();
    all.sort_unstable();
    assert_eq!(seen, all, "{promise}: the events seen are those written, each once");
}

/// The future of an append may be dropped at any moment: its events are stored whole or not at all, and the stream
/// goes on.
pub async fn a_dropped_append_is_stored_whole_or_not_at_all<S: EventStore>(store: &S) {
    let promise = "a dropped append is stored whole or not at all";
    let whole_or_not = |found: &[u64], polls: usize| {
        let wanted = found.is_empty() || *found == [1, 2, 3];
        assert!(wanted, "{promise}: dropped after {polls} polls it left versions {found:?}");
    };
    for polls in 0..40 {
        let (stream, new) = (fresh(), events(3));
        let dropped = Box::pin(store.append(entry(&stream, NoStream, new.clone())));
        let patience = Box::pin(async {
            for _ in 0..polls {
                yield_now().await;
            }
        });
        // Both futures are dropped with what `select` gives back.
        let answered = matches!(select(patience, dropped).await, Either::Right(_));
        let found = versions(&read(store, &stream).await);
        whole_or_not(&found, polls);
        assert!(!answered || found.len() == 3, "{promise}: answered after {polls} polls");

        // Whatever was still under way must not come between or after these.
        let later = add(store, &stream, events(2)).await;
        let stored = read(store, &stream).await;
        let of_dropped: Vec<_> =
            stored.iter().filter(|event| new_ids(&new).contains(&event.id)).collect();
        let found: Vec<_> = of_dropped.iter().map(|event| event.version.get()).collect();
        whole_or_not(&found, polls);
        assert_eq!(
            (versions(&stored), later.version.get()),
            ((1..=found.len() as u64 + 2).collect(), found.len() as u64 + 2),
            "{promise}: the stream goes on after an append that was dropped after {polls} polls"
        );
    }
}

async fn race_for_one_version<S: EventStore>(store: &S, expected: ExpectedVersion, there: usize) {
    let stream = fresh();
    let before = events(there);
    if there > 0 {
        append(store, &stream, NoStream, before.clone()).await;
    }
    let batches: Vec<_> = (0..RACERS).map(|_| events(2)).collect();
    let race = batches.iter().map(|new| store.append(entry(&stream, expected, new.clone())));
    let outcomes = join_all(race).await;

    let winners: Vec<_> = batches.iter().zip(&outcomes).filter(|(_, o)| o.is_ok()).collect();
    assert_eq!(winners.len(), 1, "of {RACERS} racers with `{expected}` one wins: {outcomes:?}");
    let after = Version::new(there as u64 + 2);
    for outcome in &outcomes {
        match outcome {
            Ok(done) => assert_eq!(done.version, after, "the winner's version"),
            Err(AppendError::Conflict { actual, .. }) => {
                assert_eq!(*actual, after, "who loses is told the version that the winner made");
            }
            Err(error) => panic!("who loses a race gets a conflict, not {error:?}"),
        }
    }
    let all = [before, winners[0].0.clone()].concat();
    assert_holds(store, &stream, &all, "only the winner's events are stored").await;
}
