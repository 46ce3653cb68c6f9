//! Dead letters: events that are kept aside.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::support::unique;
use super::tables::at;
use crate::dead_letter::{DeadLetter, LetterSelection, LetterState};
use crate::id::EventId;
use crate::projection_store::ProjectionBatch as _;
use crate::subscription_store::SubscriptionStore;
use crate::version::Position;

/// A letter about nothing in the log; stores do not look.
pub(super) fn letter(position: u64, state: LetterState) -> DeadLetter {
    let (event, stream) = (EventId::new(), Uuid::now_v7());
    DeadLetter::new(Position::new(position), event, stream, state, Utc::now())
}

fn failed(position: u64, stream: Uuid, error: &str) -> DeadLetter {
    let mut letter = letter(position, LetterState::Failed);
    (letter.stream, letter.attempts, letter.error) = (stream, 3, error.to_owned());
    letter
}

/// Puts letters in, and takes others out, in one batch.
async fn batch<S: SubscriptionStore>(store: &S, name: &str, put: &[DeadLetter], take: &[u64]) {
    let mut batch = store.begin(name, 1).await.expect("a batch can be opened");
    for letter in put {
        batch.bury(letter).await.expect("a letter can be kept");
    }
    for position in take {
        batch.unbury(Position::new(*position)).await.expect("a letter can be taken out");
    }
    let next = at(batch.checkpoint().position.get() + 1);
    batch.commit(next).await.expect("nobody else runs it");
}

async fn found<S: SubscriptionStore>(
    store: &S,
    name: &str,
    select: LetterSelection,
) -> Vec<DeadLetter> {
    let found = store.dead_letters(name, 1, select).await.expect("letters can be read");
    found
        .into_iter()
        .map(|letter| DeadLetter { failed_at: DateTime::default(), ..letter })
        .collect()
}

/// As they come back: when they were put in is the store's own matter.
fn wanted<'a>(letters: impl IntoIterator<Item = &'a DeadLetter>) -> Vec<DeadLetter> {
    let wanted = letters.into_iter().cloned();
    wanted.map(|letter| DeadLetter { failed_at: DateTime::default(), ..letter }).collect()
}

/// Dead letters come back as they were put in, by rising position, all or those of one stream.
pub async fn letters_keep_order_and_state<S: SubscriptionStore>(store: &S) {
    let name = unique("letters");
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    let mut parked = letter(9, LetterState::Parked);
    parked.stream = one;
    let letters =
        [failed(7, one, "it's \"odd\"\n é"), failed(8, two, ""), parked, failed(10, two, "last")];
    let shuffled = [3, 0, 2, 1].map(|at: usize| letters[at].clone());
    let before = Utc::now() - chrono::Duration::minutes(1);
    batch(store, &name, &shuffled, &[]).await;
    for select in [LetterSelection::Open, LetterSelection::All] {
        assert_eq!(found(store, &name, select).await, wanted(&letters), "{select:?}");
    }
    let of_stream = found(store, &name, LetterSelection::Stream(one)).await;
    assert_eq!(of_stream, wanted([&letters[0], &letters[2]]), "those of one stream");
    let at_position = found(store, &name, LetterSelection::Position(Position::new(8))).await;
    assert_eq!(at_position, wanted([&letters[1]]), "the one at a position");
    assert_eq!(found(store, &name, LetterSelection::Retry).await, [], "nobody asked");
    let all = store.dead_letters(&name, 1, LetterSelection::All).await.expect("letters");
    assert!(all.iter().all(|letter| letter.failed_at > before), "when they were put in is kept");
    let others = store.dead_letters(&name, 2, LetterSelection::All).await.expect("letters");
    assert_eq!(others, [], "another version has its own");
    assert_eq!(found(store, &unique("other"), LetterSelection::All).await, [], "nobody else's");
}

/// Letters are part of their batch: of one that is dropped nothing stays.
pub async fn letters_appear_with_their_batch<S: SubscriptionStore>(store: &S) {
    let name = unique("letters");
    let kept = failed(7, Uuid::now_v7(), "kept");
    batch(store, &name, std::slice::from_ref(&kept), &[]).await;
    let mut dropped = store.begin(&name, 1).await.expect("a batch can be opened");
    dropped.bury(&letter(8, LetterState::Parked)).await.expect("a letter can be kept");
    dropped.unbury(kept.position).await.expect("a letter can be taken out");
    assert_eq!(found(store, &name, LetterSelection::All).await, wanted([&kept]), "not yet");
    drop(dropped);
    assert_eq!(found(store, &name, LetterSelection::All).await, wanted([&kept]), "never");
    batch(store, &name, &[], &[7, 8]).await;
    assert_eq!(found(store, &name, LetterSelection::All).await, [], "taken out");
}

/// A letter that is put in again has its new attempts, error and state.
pub async fn a_letter_is_there_once<S: SubscriptionStore>(store: &S) {
    let name = unique("letters");
    let parked = letter(7, LetterState::Parked);
    batch(store, &name, std::slice::from_ref(&parked), &[]).await;
    let retried = store.retry_letters(&name, 1, LetterSelection::Open).await;
    assert_eq!(retried.expect("a retry can be asked for"), 1, "one letter is meant");
    let mut tried = parked.clone();
    (tried.state, tried.attempts, tried.error) = (LetterState::Failed, 4, "again".to_owned());
    batch(store, &name, std::slice::from_ref(&tried), &[]).await;
    let promise = "a letter that is put in again is as it was put in last";
    assert_eq!(found(store, &name, LetterSelection::All).await, wanted([&tried]), "{promise}");
}

/// A letter that is discarded stays, with the reason, and counts as open no more; it cannot be retried.
pub async fn a_discarded_letter_keeps_its_reason<S: SubscriptionStore>(store: &S) {
    let (name, stream) = (unique("letters"), Uuid::now_v7());
    let letters = [failed(7, stream, "first"), failed(8, stream, "second"), failed(9, stream, "")];
    batch(store, &name, &letters, &[]).await;
    let one = LetterSelection::Position(Position::new(8));
    let retried = store.retry_letters(&name, 1, one).await;
    assert_eq!(retried.expect("a retry can be asked for"), 1, "one letter is meant");
    let discarded = store.discard_letters(&name, 1, one, "it's \"known\"").await;
    assert_eq!(discarded.expect("it can be discarded"), 1, "one letter is meant");
    let mut second = letters[1].clone();
    (second.state, second.reason) = (LetterState::Discarded, Some("it's \"known\"".to_owned()));
    let open = [&letters[0], &letters[2]];
    for select in [LetterSelection::Open, LetterSelection::Stream(stream)] {
        assert_eq!(found(store, &name, select).await, wanted(open), "it is not among {select:?}");
    }
    assert_eq!(found(store, &name, LetterSelection::Retry).await, [], "nothing is tried again");
    assert_eq!(found(store, &name, one).await, wanted([&second]), "asked for by its position");
    let all = [&letters[0], &second, &letters[2]];
    assert_eq!(found(store, &name, LetterSelection::All).await, wanted(all), "among all");
    for again in [
        store.retry_letters(&name, 1, one).await,
        store.discard_letters(&name, 1, one, "twice").await,
        store.discard_letters(&name, 2, LetterSelection::All, "another version").await,
    ] {
        assert_eq!(again.expect("it can be asked for"), 0, "what is discarded is not open");
    }
    assert_eq!(found(store, &name, one).await, wanted([&second]), "the first reason stays");
    let rest = store.discard_letters(&name, 1, LetterSelection::All, "rest").await;
    assert_eq!(rest.expect("they can be discarded"), 2, "only those that were open");
}

/// Whoever takes a letter out learns whether it was there to be handled: not when it was taken out before, or discarded.
/// What was discarded stays so, also when it is put in again.
pub async fn a_letter_is_taken_out_once<S: SubscriptionStore>(store: &S) {
    let name = unique("letters");
    let letters = [7, 8].map(|position| failed(position, Uuid::now_v7(), "first"));
    batch(store, &name, &letters, &[]).await;
    let second = LetterSelection::Position(Position::new(8));
    let discarded = store.discard_letters(&name, 1, second, "known").await;
    assert_eq!(discarded.expect("it can be discarded"), 1, "one letter is meant");
    for is_there in [true, false] {
        let mut batch = store.begin(&name, 1).await.expect("a batch can be opened");
        for (position, is_there) in [(6, false), (7, is_there), (8, false)] {
            let taken = batch.unbury(Position::new(position)).await.expect("it can be tried");
            let what = if is_there { "it is there" } else { "nothing is there" };
            assert_eq!(taken, is_there, "at {position} {what} to be taken out");
        }
        batch.bury(&letters[1]).await.expect("a letter can be kept");
        let next = at(batch.checkpoint().position.get() + 1);
        batch.commit(next).await.expect("nobody else runs it");
        let found = found(store, &name, LetterSelection::All).await;
        let found: Vec<_> = found.iter().map(|it| (it.position.get(), it.state)).collect();
        assert_eq!(found, [(8, LetterState::Discarded)], "what is discarded stays");
    }
}

/// A retry that was asked for is noted with the letters that were meant, and with no others.
pub async fn a_retry_is_asked_for_and_noted<S: SubscriptionStore>(store: &S) {
    let name = unique("letters");
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    let letters = [failed(7, one, ""), failed(8, two, ""), failed(9, two, "")];
    batch(store, &name, &letters, &[]).await;
    for (select, count, meant) in [
        (LetterSelection::Position(Position::new(1)), 0, vec![]),
        (LetterSelection::Stream(two), 2, vec![8, 9]),
        (LetterSelection::Position(Position::new(8)), 1, vec![8, 9]),
        (LetterSelection::Open, 3, vec![7, 8, 9]),
    ] {
        let told = store.retry_letters(&name, 1, select).await;
        assert_eq!(told.expect("a retry can be asked for"), count, "how many are meant");
        let found = store.dead_letters(&name, 1, LetterSelection::Retry).await.expect("letters");
        assert!(found.iter().all(|letter| letter.retry), "{found:?}");
        let found: Vec<_> = found.iter().map(|letter| letter.position.get()).collect();
        assert_eq!(found, meant, "after {select:?}");
    }
}
