//! Wake-ups: hints that the log has grown.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

use super::letters::letter;
use super::support::{add, events, fresh, patience, unique, yield_now};
use super::tables::at;
use crate::dead_letter::{LetterSelection, LetterState};
use crate::projection_store::ProjectionBatch as _;
use crate::subscription_store::SubscriptionStore;
use crate::wake::Wakes;

/// Whoever follows the log hears of an append, also of one between two looks.
pub async fn an_append_wakes_who_follows<S: SubscriptionStore>(store: &S) {
    let (mut one, mut two) = (store.wakes(), store.wakes());
    for _ in 0..3 {
        add(store, &fresh(), events(1)).await;
        woken(&mut one, "an append").await;
        woken(&mut two, "an append").await;
    }
}

/// Whoever runs a projection hears that a retry was asked for.
pub async fn a_retry_wakes_who_follows<S: SubscriptionStore>(store: &S) {
    let name = unique("retried");
    let mut batch = store.begin(&name, 1).await.expect("a batch can be opened");
    batch.bury(&letter(1, LetterState::Failed)).await.expect("a letter can be kept");
    batch.commit(at(1)).await.expect("nobody else runs it");
    let mut wakes = store.wakes();
    let meant = store.retry_letters(&name, 1, LetterSelection::Open).await;
    assert_eq!(meant.expect("a retry can be asked for"), 1, "one letter is meant");
    woken(&mut wakes, "a retry").await;
}

async fn woken(wakes: &mut Wakes, by: &str) {
    let deadline = Instant::now() + patience();
    let mut next = pin!(wakes.next());
    while poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx).is_pending())).await {
        assert!(Instant::now() < deadline, "{by} wakes nobody");
        yield_now().await;
    }
}
