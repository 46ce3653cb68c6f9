//! One file, several stores: for SQLite they are as several processes.

use std::time::Duration;

use es_core::prelude::*;
use es_core::{LogQuery, Position, StreamAppend};
use es_tests::TestFile;
use es_tests::log::{events, stream as fresh};

use crate::support::ids;

#[tokio::test(flavor = "multi_thread")]
async fn appends_of_several_stores_all_succeed_and_a_reader_misses_none() {
    const WRITERS: usize = 4;
    const EACH: usize = 60;
    let file = TestFile::create();
    let shared = fresh();
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        let (store, shared) = (file.store().await, shared.clone());
        writers.spawn(async move {
            for n in 0..EACH {
                let stream = if n % 2 == 0 { shared.clone() } else { fresh() };
                let append = StreamAppend::new(stream, ExpectedVersion::Any, events(2));
                store.append(append).await.expect("who waits gets through");
            }
        });
    }
    let reader = file.store().await;
    let (mut seen, mut after) = (Vec::new(), Position::START);
    while seen.len() < WRITERS * EACH * 2 {
        let page =
            reader.read_log(LogQuery::after(after), 7).await.expect("readers wait for nobody");
        if page.events.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        after = page.through;
        seen.extend(page.events);
        while let Some(ended) = writers.try_join_next() {
            ended.expect("no writer fails");
        }
    }
    while let Some(ended) = writers.join_next().await {
        ended.expect("no writer fails");
    }
    let positions: Vec<_> = seen.iter().map(|event| event.position.get()).collect();
    let all = (WRITERS * EACH * 2) as u64;
    assert_eq!(positions, (1..=all).collect::<Vec<_>>(), "each once, in order, without a hole");
    let of_shared = seen.iter().filter(|event| event.stream == shared);
    let versions: Vec<_> = of_shared.map(|event| event.version.get()).collect();
    assert_eq!(versions, (1..=all / 2).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_one_store_has_answered_another_one_sees_at_once() {
    let file = TestFile::create();
    let (one, other) = (file.store().await, file.store().await);
    let stream = fresh();
    for round in 0..20 {
        let writer = if round % 2 == 0 { &one } else { &other };
        let exact = if round == 0 {
            ExpectedVersion::NoStream
        } else {
            ExpectedVersion::Exact(Version::new(round))
        };
        let append = StreamAppend::new(stream.clone(), exact, events(1));
        writer.append(append).await.expect("it knows where the stream stands");
        assert_eq!(ids(&one).await, ids(&other).await);
    }
}
