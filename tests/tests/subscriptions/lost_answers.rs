//! A commit that fails, and one that is carried out without an answer: nothing is handled twice, and nothing is left out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use es_core::SubscriptionStore;
use es_core::prelude::*;
use es_core::subscription::{CheckpointEvery, OnFailure, SubscriptionManager};

use crate::probe::Probe;
use crate::support::{Gate, SOON, Sums, note, quick, sums, trap, until};

crate::on_each_store!(
    a_batch_whose_commit_is_not_answered_counts_once,
    a_letter_whose_commit_is_not_answered_counts_once,
    a_pause_whose_commit_fails_leaves_nothing_out,
);

const HOUR: Duration = Duration::from_hours(1);

async fn a_batch_whose_commit_is_not_answered_counts_once<S: SubscriptionStore + Clone>(store: S) {
    let probe = Probe::new(store.clone());
    let stream = Uuid::now_v7();
    note(&store, stream, &[1, 2, 3]).await;
    probe.lose_answers(2);
    let manager = SubscriptionManager::new(probe.clone());
    manager.subscribe("sums", Sums::default(), quick().batch_size(2)).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    assert_eq!((sums(&store).await, probe.answers_to_lose()), (vec![(6, 3)], 0));
}

async fn a_letter_whose_commit_is_not_answered_counts_once<S: SubscriptionStore + Clone>(store: S) {
    let probe = Probe::new(store.clone());
    note(&store, Uuid::now_v7(), &[7, 8]).await;
    let mended = Arc::new(AtomicBool::new(false));
    let projection = Sums::with(trap({
        let mended = mended.clone();
        move |_| {
            let mended = mended.load(Ordering::SeqCst);
            async move { if mended { Ok(()) } else { Err(ProjectionError::handler("not yet")) } }
        }
    }));
    let manager = SubscriptionManager::new(probe.clone());
    manager.subscribe("sums", projection, quick().on_failure(OnFailure::Park)).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(SOON).await.unwrap();
    let letters = manager.dead_letters("sums").unwrap();
    let open = async || letters.list().await.unwrap().len();
    assert_eq!((open().await, sums(&store).await), (2, vec![]));
    mended.store(true, Ordering::SeqCst);
    probe.lose_answers(1);
    letters.retry_all().await.unwrap();
    until("the letters are handled", || async { open().await == 0 }).await;
    assert_eq!((sums(&store).await, probe.answers_to_lose()), (vec![(15, 2)], 0));
}

async fn a_pause_whose_commit_fails_leaves_nothing_out<S: SubscriptionStore + Clone>(store: S) {
    let probe = Probe::new(store.clone());
    let last = note(&store, Uuid::now_v7(), &[1, 2, 3, 4, 5, 6]).await;
    let gate = Gate::default();
    let projection = Sums::with(gate.at(3));
    let manager = SubscriptionManager::new(probe.clone());
    // One transaction over several pages, with the next one read ahead: it is the pause that commits.
    let config = quick().batch_size(2).checkpoint(CheckpointEvery::Interval(HOUR));
    let handle = manager.subscribe("sums", projection.clone(), config).unwrap();
    manager.start().await.unwrap();
    until("it is in the second page", || async { projection.seen.count(3) == 1 }).await;
    probe.refuse_commits(1);
    // Told first, so that the page in hand is the last one before the pause.
    let (paused, ()) = tokio::join!(manager.pause("sums"), async { gate.open() });
    paused.unwrap();
    assert_eq!((sums(&store).await, probe.commits_to_refuse()), (vec![], 0));
    manager.resume("sums").await.unwrap();
    handle.wait_for(last, SOON).await.unwrap();
    manager.stop(SOON).await.unwrap();
    assert_eq!(sums(&store).await, [(21, 6)]);
}
