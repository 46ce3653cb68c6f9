//! How many commands and appends a store does in a second; run by hand:
//! `cargo xtask pg -- cargo test --release -p es-tests --test postgres_throughput -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, reason = "a measurement that fails has failed")]
#![allow(clippy::cast_precision_loss, reason = "it is for reading")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use es_core::ExpectedVersion::{Any, NoStream};
use es_core::{EventStore as _, StreamId, StreamQuery};
use es_postgres::{PgConfig, PgStore};
use es_tests::TestDatabase;
use es_tests::log::{entry, stream};
use futures_util::TryStreamExt as _;
use futures_util::future::join_all;

const STREAMS: usize = 1_000;

#[derive(Debug, Clone, Copy)]
enum Work {
    /// One call of `append_many` each: a statement of its own, as if there were no queue.
    AppendAlone,
    Append,
    Load,
    LoadAndAppend,
}

async fn once(store: &PgStore, stream: &StreamId, work: Work) {
    if matches!(work, Work::Load | Work::LoadAndAppend) {
        let query = StreamQuery::ALL;
        let events = store.read_stream(stream, query).try_collect::<Vec<_>>().await.unwrap();
        assert!(!events.is_empty());
    }
    match work {
        Work::AppendAlone => {
            store.append_many(vec![entry(stream, Any, 1)]).await.pop().unwrap().unwrap();
        }
        Work::Append | Work::LoadAndAppend => {
            store.append(entry(stream, Any, 1)).await.unwrap();
        }
        Work::Load => {}
    }
}

async fn per_second(callers: usize, lanes: usize, work: Work) -> f64 {
    let database = TestDatabase::create().await;
    let store = database.store_with(PgConfig::new().append_lanes(lanes).load_lanes(lanes)).await;
    let streams: Arc<Vec<_>> = Arc::new((0..STREAMS).map(|_| stream()).collect());
    let all = streams.iter().map(|stream| entry(stream, NoStream, 5)).collect();
    store.append_many(all).await;
    let (done, end) = (Arc::new(AtomicUsize::new(0)), Instant::now() + Duration::from_secs(2));
    let tasks = (0..callers).map(|caller| {
        let (store, streams, done) = (store.clone(), streams.clone(), done.clone());
        tokio::spawn(async move {
            let mut next = caller * 7919;
            while Instant::now() < end {
                next = (next + 389) % STREAMS;
                once(&store, &streams[next], work).await;
                done.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let began = Instant::now();
    join_all(tasks.collect::<Vec<_>>()).await.into_iter().for_each(Result::unwrap);
    done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn figures() {
    for work in [Work::AppendAlone, Work::Append, Work::Load, Work::LoadAndAppend] {
        for lanes in [1, 2, 3] {
            for callers in [1, 8, 64, 256] {
                let figure = per_second(callers, lanes, work).await;
                println!("{work:?}, {lanes} lanes, {callers} callers: {figure:.0}/s");
            }
        }
    }
}
