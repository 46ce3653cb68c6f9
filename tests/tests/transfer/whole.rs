//! All that a store holds, as it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use es_core::ExpectedVersion::{Exact, NoStream};
use es_core::{AppendError, ImportedEvent, Position, StreamQuery, Version, transfer};
use futures_util::TryStreamExt as _;

use crate::odd::{Odd, Turn};
use crate::support::{Store, append, assert_copied, copy, event, fill, import, log, stream};

pub(crate) async fn everything_arrives_as_it_was<F: Store, T: Store>(from: F, to: T) {
    let source = fill(&from).await;
    let done = transfer(&from, &to).chunk(4).await.unwrap();
    assert_copied(&from, &to).await;
    assert_eq!((done.copied, done.found), (15, 0));
    assert_eq!(done.source, source[14].position);
    assert_eq!(done.target, log(&to).await[14].position);
}

/// Whoever writes to the copy finds its streams where they were.
pub(crate) async fn streams_go_on_in_the_target<F: Store, T: Store>(from: F, to: T) {
    let source = fill(&from).await;
    assert_eq!(copy(&from, &to).await.unwrap(), (15, 0));
    let last = &source[14];
    let head = last.version;
    let new = || event("later", 1, "{}");
    for wrong in [NoStream, Exact(Version::new(head.get() - 1))] {
        let refused = append(&to, &last.stream, wrong, new()).await.unwrap_err();
        let AppendError::Conflict { actual, .. } = refused else { panic!("{refused:?}") };
        assert_eq!(actual, head);
    }
    append(&to, &last.stream, Exact(head), new()).await.unwrap();
    append(&to, &stream("account"), NoStream, new()).await.unwrap();
    let again = append(&to, &stream("account"), NoStream, new().id(last.id)).await.unwrap_err();
    assert!(matches!(again, AppendError::DuplicateEvent { .. }), "{again:?}");
    let of_stream = to.read_stream(&last.stream, StreamQuery::ALL);
    let of_stream: Vec<_> = of_stream.try_collect().await.unwrap();
    let versions: Vec<_> = of_stream.iter().map(|event| event.version.get()).collect();
    assert_eq!(versions, (1..=head.get() + 1).collect::<Vec<_>>());
}

pub(crate) async fn an_empty_source_is_nothing<F: Store, T: Store>(from: F, to: T) {
    let mut told = Vec::new();
    let done = transfer(&from, &to).progress(|so_far| told.push(so_far.events)).await.unwrap();
    assert_eq!((done.copied, done.found), (0, 0));
    assert_eq!((done.source, done.target), (Position::START, Position::START));
    assert_eq!(told, [0; 0]);
    assert_eq!(log(&to).await, []);
}

pub(crate) async fn progress_is_told_chunk_by_chunk<F: Store, T: Store>(from: F, to: T) {
    fill(&from).await;
    let broken = Odd::new(from.clone()).breaks_after(10);
    for (breaks, chunk, wanted) in [
        (true, 4, &[4, 8][..]),
        (true, 1, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        (false, 4, &[4, 8, 10, 14, 15]),
        (false, 5, &[5, 10, 15]),
        (false, 0, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
        (false, 100, &[15]),
    ] {
        let mut told = Vec::new();
        let progress = |so_far: es_core::BulkProgress| told.push(so_far.events);
        if breaks {
            transfer(&broken, &to).chunk(chunk).progress(progress).await.unwrap_err();
        } else {
            transfer(&from, &to).chunk(chunk).progress(progress).await.unwrap();
        }
        assert_eq!(told, wanted, "in chunks of {chunk}");
    }
}

pub(crate) async fn no_more_than_a_chunk_is_read_ahead<F: Store, T: Store>(from: F, to: T) {
    many(10_000, from, to).await;
}

/// So many events in a hundred chunks: memory stays flat however many there are.
pub(crate) async fn many<F: Store, T: Store>(events: u64, from: F, to: T) {
    let streams: Vec<_> = (0..100).map(|_| stream("counted")).collect();
    let counted = |n: u64| {
        let stream = &streams[usize::try_from(n * 7 % 100).unwrap()];
        ImportedEvent::new(stream.clone(), event("counted", 1, &format!("{{\"n\":{n}}}")))
    };
    import(&from, (0..events).map(counted).collect()).await;
    let from = Odd::new(from);
    let (mut told, mut ahead, chunk) = (Vec::new(), 0, events / 100);
    let transfer = transfer(&from, &to).chunk(usize::try_from(chunk).unwrap());
    let done = transfer.progress(|so_far| {
        ahead = ahead.max(from.given() - so_far.events);
        told.push(so_far.events);
    });
    assert_eq!(done.await.unwrap().copied, events);
    assert!(told.iter().copied().eq((1..=100).map(|n| n * chunk)), "{told:?}");
    assert_eq!(ahead, 0, "nothing is read before the chunk before it is stored");
    assert_eq!(from.given(), 2 * events, "once to copy it, once to compare it");
    assert_copied(&from, &to).await;
}

pub(crate) async fn what_is_appended_meanwhile_comes_with_the_next_call<F: Store, T: Store>(
    from: F,
    to: T,
) {
    fill(&from).await;
    let source = from.clone();
    let appends = Arc::new(AtomicU64::new(0));
    let to = Odd::new(to).imports(move |_| {
        let (source, appends) = (source.clone(), appends.clone());
        Turn::Then(Box::pin(async move {
            if appends.fetch_add(1, Ordering::Relaxed) < 3 {
                append(&source, &stream("late"), NoStream, event("late", 1, "1")).await.unwrap();
            }
        }))
    });
    assert_eq!(copy(&from, &to).await.unwrap(), (15, 0), "what was there when it began");
    assert_eq!(copy(&from, &to).await.unwrap(), (3, 15));
    assert_copied(&from, &to).await;
}
