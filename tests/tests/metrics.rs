//! The figures that subscriptions give to whoever records them.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::collections::HashMap;
use std::time::Duration;

use es_core::prelude::*;
use es_core::subscription::{OnFailure, Retry};
use es_tests::TestDatabase;
use es_tests::log::{entry, stream, until};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

#[derive(Debug, Clone, Serialize, Deserialize, Event)]
#[event(name = "noted")]
struct Noted {
    n: i64,
}

#[derive(Clone, Default)]
struct Notes {
    last: i64,
}

#[aggregate(name = "notes", id = Uuid)]
impl Notes {
    #[handles(Noted)]
    fn noted(&mut self, event: &Noted) {
        self.last = event.n;
    }
}

/// Refuses one number.
struct Picky(i64);

#[projection(name = "picky")]
impl Picky {
    #[handles(Noted)]
    fn noted(&self, event: &Noted) -> Result<(), ProjectionError> {
        if event.n == self.0 { Err(ProjectionError::handler("not this one")) } else { Ok(()) }
    }
}

/// Everything recorded so far: sums of counters, last values of gauges, how often histograms got a value.
struct Figures {
    snapshotter: Snapshotter,
    seen: HashMap<String, f64>,
}

impl Figures {
    /// The figure whose name and labels, one after the other, begin so.
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    fn get(&mut self, wanted: &str) -> Option<f64> {
        // Taking a snapshot sets counters and histograms back.
        for (key, _, _, value) in self.snapshotter.snapshot().into_vec() {
            let labels = key.key().labels().map(|label| format!(" {}", label.value()));
            let name = key.key().name().to_owned() + &labels.collect::<String>();
            let figure = self.seen.entry(name).or_default();
            match value {
                DebugValue::Counter(n) => *figure += n as f64,
                DebugValue::Gauge(n) => *figure = n.into_inner(),
                DebugValue::Histogram(values) => *figure += values.len() as f64,
            }
        }
        self.seen.iter().find(|(name, _)| name.starts_with(wanted)).map(|(_, figure)| *figure)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_and_the_log_are_measured() {
    let recorder = DebuggingRecorder::new();
    let mut figures = Figures { snapshotter: recorder.snapshotter(), seen: HashMap::new() };
    recorder.install().unwrap();
    let database = TestDatabase::create().await;
    let store = database.store().await;
    store.append(entry(&stream(), ExpectedVersion::NoStream, 3)).await.unwrap();

    let manager = SubscriptionManager::new(store.clone());
    let config = SubscriptionConfig::new()
        .retry(Retry::times(1).pauses(Duration::from_millis(1), Duration::from_millis(1)))
        .on_failure(OnFailure::Park)
        .lease(Duration::from_millis(100));
    manager.subscribe("picky", Picky(2), config).unwrap();
    manager.start().await.unwrap();
    manager.wait_caught_up(Duration::from_secs(30)).await.unwrap();

    // A writer who has appended and not committed.
    let mut transaction = store.transaction().await.unwrap();
    let append = entry(&stream(), ExpectedVersion::NoStream, 1);
    store.append_in(&mut transaction, append).await.unwrap();
    store.append(entry(&stream(), ExpectedVersion::NoStream, 1)).await.unwrap();
    until("the hole is measured", || {
        let seconds = figures.get("es_log_hole_seconds pid ");
        std::future::ready(seconds.is_some_and(|seconds| seconds > 0.0))
    })
    .await;
    transaction.commit().await.unwrap();
    manager.wait_caught_up(Duration::from_secs(30)).await.unwrap();
    until("the hole is closed", || {
        std::future::ready(figures.get("es_log_hole_seconds pid ") == Some(0.0))
    })
    .await;
    until("the whole log is settled", || {
        std::future::ready(figures.get("es_log_settled_position") == Some(5.0))
    })
    .await;
    manager.stop(Duration::from_secs(30)).await.unwrap();

    let notes = Repository::<Notes, _>::new(store).cached(10);
    let id = Uuid::now_v7();
    for n in 0..3 {
        notes.execute(id, |notes| Ok::<_, ()>(Noted { n: notes.last + n })).await.unwrap();
    }
    assert_eq!(figures.get("es_cache_hits_total notes"), Some(2.0));
    assert_eq!(figures.get("es_cache_misses_total notes"), Some(1.0));

    assert_eq!(figures.get("es_subscription_events_total picky 0"), Some(5.0));
    assert_eq!(figures.get("es_subscription_dead_letters_total picky 0"), Some(1.0));
    let failures = figures.get("es_subscription_failures_total picky 0");
    assert_eq!(failures, Some(3.0), "the batch, and two attempts");
    let batches = figures.get("es_subscription_batch_seconds picky 0");
    assert!(batches.is_some_and(|batches| batches >= 2.0), "{batches:?}");
    assert_eq!(figures.get("es_subscription_lag_events picky"), Some(0.0));
    assert_eq!(figures.get("es_subscription_lag_seconds picky"), Some(0.0));
}
