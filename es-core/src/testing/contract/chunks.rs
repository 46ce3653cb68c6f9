//! Imports that are long, and how they look before they have ended.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Instant;

use futures_util::{StreamExt as _, stream};

use super::support::{
    assert_absent, assert_holds, events, fresh, ids, new_ids, patience, read, settle, settled,
    streamed, yield_now,
};
use crate::bulk::{BulkStore, ImportOptions, ImportedEvent};
use crate::limits::Limits;
use crate::store::LogQuery;

/// An import takes as many events as come, also of one stream: the limits of an append are not its own.
pub async fn an_import_has_no_limit<S: BulkStore>(store: &S) {
    let promise = "an import takes more events than an append may hold";
    let stream = fresh();
    let all = events(Limits::default().events * 3 + 1);
    let before = settled(store).await;
    let source = all.iter().map(|new| ImportedEvent::new(stream.clone(), new.clone()));
    let source = stream::iter(source.map(Ok::<_, Infallible>));
    let imported = store.import(source, ImportOptions::new()).await;
    let imported = imported.unwrap_or_else(|error| panic!("{promise}: {error:?}"));
    assert_eq!(imported.events, all.len() as u64, "{promise}");
    assert_holds(store, &stream, &all, promise).await;
    settle(store, imported.position.expect("an import of events has a last position")).await;
    assert!(ids(&streamed(store, LogQuery::after(before)).await) == new_ids(&all), "{promise}");
}

/// As long as an import is under way, nobody sees an event of it: not in its stream, not in the log, not by its id.
pub async fn nobody_sees_a_part_of_an_import<S: BulkStore>(store: &S) {
    let promise = "nobody sees a part of an import";
    let (stream, all, before) = (fresh(), events(7), settled(store).await);
    let (told, waiting) = (AtomicU64::new(0), AtomicU64::new(1));
    let source = all.iter().map(|new| ImportedEvent::new(stream.clone(), new.clone()));
    let source = stream::iter(source.map(Ok::<_, Infallible>));
    // After six events it waits until it is told to go on.
    let gate = stream::once(poll_fn(|_| match waiting.load(Ordering::Relaxed) {
        0 => Poll::Ready(()),
        _ => Poll::Pending,
    }));
    let source = source.clone().take(6).chain(gate.flat_map(|()| source.clone().skip(6)));
    let options = ImportOptions::new()
        .chunk(3)
        .progress(|so_far| told.store(so_far.events, Ordering::Relaxed));
    let mut import = pin!(store.import(source, options));
    let deadline = Instant::now() + patience();
    while told.load(Ordering::Relaxed) < 6 {
        let answer = poll_fn(|cx| Poll::Ready(import.as_mut().poll(cx))).await;
        assert!(answer.is_pending(), "an import ends with its source: {answer:?}");
        assert!(Instant::now() < deadline, "progress is told of every chunk");
        yield_now().await;
    }
    assert_eq!(read(store, &stream).await, [], "{promise}: its stream is empty");
    assert_absent(store, &new_ids(&all), promise).await;
    let seen = streamed(store, LogQuery::after(before)).await;
    assert_eq!(seen, [], "{promise}: the log has none");

    waiting.store(0, Ordering::Relaxed);
    import.await.unwrap_or_else(|error| panic!("{promise}: {error:?}"));
    assert_holds(store, &stream, &all, "an import is seen when it has ended").await;
}
