//! `append_many`: several streams in one call.

use super::support::{
    add, append, assert_absent, assert_holds, category, entry, events, fresh, named, new_ids, read,
};
use crate::error::{AppendError, Invalid, StoreError};
use crate::id::StreamId;
use crate::store::{Appended, EventStore, StreamAppend};
use crate::version::ExpectedVersion::{Any, NoStream};

/// Each entry gets exactly one outcome, at its own place; no entries, no outcomes.
pub async fn outcomes_come_one_per_entry_in_order<S: EventStore>(store: &S) {
    assert!(store.append_many(Vec::new()).await.is_empty(), "no entries, no outcomes");
    let streams: Vec<_> = (0..70).map(|_| fresh()).collect();
    for (stream, there) in streams.iter().zip(0..) {
        if there % 7 != 0 {
            add(store, stream, events(there % 7)).await;
        }
    }
    let calls = streams.iter().zip(0..).map(|(s, n)| entry(s, Any, events(1 + n % 3))).collect();
    let outcomes = many(store, calls).await;
    for ((stream, n), outcome) in streams.iter().zip(0_u64..).zip(outcomes) {
        let first = 1 + n % 7;
        let last = first + (n % 3);
        let done = outcome.unwrap_or_else(|e| panic!("entry {n} must be stored: {e:?}"));
        let found = read(store, stream).await;
        assert_eq!(
            (done.first_version.get(), done.version.get(), Some(done.position)),
            (first, last, found.last().map(|event| event.position)),
            "outcome {n} is that of entry {n}"
        );
    }
}

/// An entry that is refused, for whatever reason, harms no other entry of its call.
pub async fn entries_of_one_call_are_independent<S: EventStore>(store: &S) {
    let promise = "entries of one call are independent";
    let (taken, elsewhere) = (fresh(), fresh());
    let there = events(2);
    add(store, &taken, there.clone()).await;
    add(store, &elsewhere, events(1)).await;
    let posing = StreamId::new(category("contract-other"), elsewhere.id());
    let good: Vec<_> = (0..5).map(|_| (fresh(), events(2))).collect();
    let good_entry = |at: usize| entry(&good[at].0, NoStream, good[at].1.clone());
    let (duplicate, conflicting, wrong, empty) = (fresh(), taken.clone(), posing, fresh());
    let (mut repeated, late, misplaced) = (events(2), events(2), events(1));
    repeated[1].id = there[0].id;

    let outcomes = many(
        store,
        vec![
            good_entry(0),
            entry(&conflicting, NoStream, late.clone()),
            good_entry(1),
            entry(&duplicate, Any, repeated.clone()),
            good_entry(2),
            entry(&wrong, Any, misplaced.clone()),
            good_entry(3),
            entry(&empty, Any, Vec::new()),
            good_entry(4),
        ],
    )
    .await;
    for at in [0, 2, 4, 6, 8] {
        assert!(outcomes[at].is_ok(), "{promise}: entry {at} must be stored: {:?}", outcomes[at]);
    }
    let refused = |at: usize, fits: fn(&AppendError) -> bool, wanted: &str| {
        let error = outcomes[at].as_ref().expect_err("this entry must be refused");
        assert!(fits(error), "{promise}: entry {at} must be refused with {wanted}: {error:?}");
    };
    refused(1, AppendError::is_conflict, "`Conflict`");
    refused(3, |e| matches!(e, AppendError::DuplicateEvent { .. }), "`DuplicateEvent`");
    let wrong_category =
        |e: &AppendError| matches!(e, AppendError::Store(StoreError::WrongCategory { .. }));
    refused(5, wrong_category, "`WrongCategory`");
    refused(7, |e| matches!(e, AppendError::Invalid(Invalid::NoEvents { .. })), "`NoEvents`");

    for (stream, new) in &good {
        assert_holds(store, stream, new, promise).await;
    }
    assert_holds(store, &taken, &there, promise).await;
    assert_holds(store, &duplicate, &[], promise).await;
    assert_absent(store, &new_ids(&[late, misplaced].concat()), promise).await;
    assert_absent(store, &[repeated[0].id], promise).await;
}

/// Within a call positions follow the order of the entries, whatever the order of the streams' ids.
pub async fn positions_follow_the_order_of_the_entries<S: EventStore>(store: &S) {
    for reverse in [false, true] {
        let mut streams: Vec<_> = (0..12).map(|_| fresh()).collect();
        streams.sort_unstable();
        if reverse {
            streams.reverse();
        }
        let calls = streams.iter().map(|stream| entry(stream, Any, events(2))).collect();
        for outcome in many(store, calls).await {
            outcome.expect("fresh streams conflict with nobody");
        }
        let mut positions = Vec::new();
        for stream in &streams {
            positions.extend(read(store, stream).await.iter().map(|event| event.position.get()));
        }
        assert!(
            positions.is_sorted_by(|a, b| a < b),
            "positions follow the order of the entries (ids {}): {positions:?}",
            if reverse { "falling" } else { "rising" }
        );
    }
}

/// A stream that comes twice in a call is refused the second time; the first entry is stored.
pub async fn a_stream_twice_in_one_call_is_refused_the_second_time<S: EventStore>(store: &S) {
    let promise = "a stream twice in one call is refused the second time";
    let (twice, other) = (fresh(), fresh());
    let (first, second, aside) = (events(1), events(2), events(1));
    let calls = vec![
        entry(&twice, Any, first.clone()),
        entry(&twice, Any, second.clone()),
        entry(&other, Any, aside.clone()),
    ];
    let outcomes = many(store, calls).await;
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok(), "{promise}: {outcomes:?}");
    match &outcomes[1] {
        Err(AppendError::Invalid(Invalid::RepeatedStream { stream })) => {
            assert_eq!(*stream, twice, "{promise}: the error names the stream");
        }
        outcome => panic!("{promise}: expected `RepeatedStream`, got {outcome:?}"),
    }
    assert_holds(store, &twice, &first, promise).await;
    assert_holds(store, &other, &aside, promise).await;
    assert_absent(store, &new_ids(&second), promise).await;
}

/// An event id that comes twice in a call is refused for the entry that repeats it, and for no other.
pub async fn an_event_id_twice_in_one_call_is_refused_where_it_repeats<S: EventStore>(store: &S) {
    let promise = "an event id twice in one call is refused where it repeats";
    let streams: Vec<_> = (0..4).map(|_| fresh()).collect();
    let (first, mut across, mut within, last) = (events(2), events(2), events(3), events(1));
    across[1].id = first[0].id;
    within[2].id = within[0].id;
    let calls = [first.clone(), across.clone(), within.clone(), last.clone()];
    let calls = streams.iter().zip(calls).map(|(s, events)| entry(s, Any, events)).collect();
    let outcomes = many(store, calls).await;
    assert!(outcomes[0].is_ok() && outcomes[3].is_ok(), "{promise}: {outcomes:?}");
    for (at, id) in [(1, first[0].id), (2, within[0].id)] {
        match &outcomes[at] {
            Err(AppendError::Invalid(Invalid::RepeatedEvent { event })) => {
                assert_eq!(*event, id, "{promise}: the error names the id");
            }
            outcome => panic!("{promise}: entry {at}: expected `RepeatedEvent`, got {outcome:?}"),
        }
    }
    assert_holds(store, &streams[0], &first, promise).await;
    assert_holds(store, &streams[3], &last, promise).await;
    assert_absent(store, &[across[0].id, within[0].id, within[1].id], promise).await;
}

/// What one call stores is whole for any later one: a second call sees the versions of the first.
pub async fn calls_follow_each_other<S: EventStore>(store: &S) {
    let streams: Vec<_> = (0..3).map(|_| fresh()).collect();
    for round in 1..=3_u64 {
        let calls =
            streams.iter().map(|stream| entry(stream, Any, vec![named("round", "{}")])).collect();
        for outcome in many(store, calls).await {
            let version = outcome.map(|done| done.version.get());
            assert!(matches!(version, Ok(v) if v == round), "round {round} answers {version:?}");
        }
    }
    let single = append(store, &streams[1], Any, events(1)).await;
    assert_eq!(single.version.get(), 4, "an append to one stream follows calls for many");
}

async fn many<S: EventStore>(
    store: &S,
    calls: Vec<StreamAppend>,
) -> Vec<Result<Appended, AppendError>> {
    let entries = calls.len();
    let outcomes = store.append_many(calls).await;
    assert_eq!(outcomes.len(), entries, "each entry gets exactly one outcome");
    outcomes
}
