//! Between catching up and living there is no seam: while four append, each event comes once, in order.

use std::sync::{Arc, Mutex};

use es_core::prelude::*;
use es_core::subscription::{CheckpointEvery, SubscriptionConfig, SubscriptionManager};
use es_core::{Position, Subscribed, SubscriptionStore};

use crate::support::{Noted, Outcome, SOON, Sums, ms, note, quick, sums};

crate::on_each_store!(each_event_comes_once_and_in_order, rows_are_the_fold_of_the_log,);

const WRITERS: i64 = 4;
const EACH: i64 = 120;

/// Writes down positions as they come.
#[derive(Clone, Default)]
struct Positions(Arc<Mutex<Vec<Position>>>);

impl es_core::EventSubscriber for Positions {
    fn subscribed_to(&self) -> Subscribed {
        Subscribed::to::<Noted>()
    }

    async fn handle(&mut self, event: &StoredEvent) -> Outcome {
        self.0.lock().unwrap().push(event.position);
        Ok(())
    }
}

/// Lets four append at once, and gives the positions once all is stored, by rising position.
async fn four_append<S: SubscriptionStore + Clone>(store: &S) -> Vec<Position> {
    let write = |store: S| async move {
        let stream = Uuid::now_v7();
        let mut positions = Vec::new();
        for n in 0..EACH {
            positions.push(note(&store, stream, &[n]).await);
            if n % 10 == 0 {
                tokio::time::sleep(ms(1)).await;
            }
        }
        positions
    };
    let writers: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(write(store.clone()))).collect();
    let mut all = Vec::new();
    for writer in writers {
        all.extend(writer.await.unwrap());
    }
    all.sort();
    all
}

async fn each_event_comes_once_and_in_order<S: SubscriptionStore + Clone>(store: S) {
    let mut expected = Vec::new();
    for n in 0..200 {
        expected.push(note(&store, Uuid::now_v7(), &[n]).await);
    }
    for round in 0..4_usize {
        let positions = Positions::default();
        let manager = SubscriptionManager::new(store.clone());
        let config: SubscriptionConfig = quick().batch_size([1, 7, 50, 500][round]);
        let name = format!("round {round}");
        let handle = manager.subscribe_handler(&name, positions.clone(), config).unwrap();
        let appending = tokio::spawn({
            let store = store.clone();
            async move { four_append(&store).await }
        });
        manager.start().await.unwrap();
        expected.extend(appending.await.unwrap());
        handle.wait_for(*expected.last().unwrap(), SOON).await.unwrap();
        assert_eq!(*positions.0.lock().unwrap(), expected, "{name}");
        manager.stop(SOON).await.unwrap();
    }
}

async fn rows_are_the_fold_of_the_log<S: SubscriptionStore + Clone>(store: S) {
    let every = [CheckpointEvery::Batch, CheckpointEvery::Event, CheckpointEvery::Interval(ms(30))];
    for (round, every) in every.into_iter().enumerate() {
        let again = SubscriptionManager::new(store.clone());
        let config = quick().batch_size(9).checkpoint(every);
        again.subscribe("sums", Sums::default(), config).unwrap();
        let appending = tokio::spawn({
            let store = store.clone();
            async move { four_append(&store).await }
        });
        again.start().await.unwrap();
        // A stop in the middle is no seam either.
        tokio::time::sleep(ms(40)).await;
        again.stop(SOON).await.unwrap();
        again.start().await.unwrap();
        let last = *appending.await.unwrap().last().unwrap();
        again.wait_for("sums", last, SOON).await.unwrap();
        let fold = (EACH * (EACH - 1) / 2, EACH);
        assert_eq!(sums(&store).await, vec![fold; 4 * (round + 1)], "{every:?}");
        again.stop(SOON).await.unwrap();
    }
}
