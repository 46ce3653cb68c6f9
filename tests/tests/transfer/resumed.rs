//! A transfer that was broken off goes on when it is called again.

use std::future::IntoFuture as _;

use es_core::{StoreError, TransferError, transfer};
use es_tests::dropped::drop_after;
use futures_util::future::join_all;

use crate::odd::Odd;
use crate::support::{Store, assert_copied, copy, fill, finish, log};

pub(crate) async fn a_transfer_goes_on_where_its_source_broke_off<F: Store, T: Store>(
    from: F,
    to: T,
) {
    fill(&from).await;
    // What a break leaves is whole chunks; the one after it finds them.
    for (breaks_after, stored) in [(0, 0), (3, 0), (6, 4), (9, 8), (9, 8), (14, 12)] {
        let from = Odd::new(from.clone()).breaks_after(breaks_after);
        let error = copy(&from, &to).await.unwrap_err();
        assert!(matches!(error, TransferError::Source(StoreError::Unavailable(_))), "{error:?}");
        assert!(error.is_transient());
        assert_eq!(log(&to).await.len(), stored, "after {breaks_after}");
    }
    // While it is compared it may break off as well, on either side.
    let broken = Odd::new(from.clone()).breaks_after(2);
    let error = copy(&broken, &to).await.unwrap_err();
    assert!(matches!(error, TransferError::Source(StoreError::Unavailable(_))), "{error:?}");
    let broken = Odd::new(to.clone()).breaks_after(2);
    let error = copy(&from, &broken).await.unwrap_err();
    assert!(matches!(error, TransferError::Target(StoreError::Unavailable(_))), "{error:?}");
    assert!(error.is_transient());
    assert_eq!(copy(&from, &to).await.unwrap(), (3, 12));
    assert_copied(&from, &to).await;
}

pub(crate) async fn a_dropped_transfer_is_taken_up_again<F: Store, T: Store>(from: F, to: T) {
    fill(&from).await;
    let slow = Odd::new(from.clone()).pauses();
    let mut there = 0;
    for waits in [0, 1, 2, 5, 9, 14, 14, 19, 25] {
        let dropped = drop_after(waits, transfer(&slow, &to).chunk(4).into_future()).await;
        assert!(dropped || waits > 14, "there are 15 events to wait for, not {waits}");
        let now = log(&to).await.len();
        assert!(now >= there && (now % 4 == 0 || now == 15), "whole chunks: {now} after {there}");
        there = now;
    }
    let done = finish(&from, &to).await;
    assert_eq!(done.copied + done.found, 15);
    assert_copied(&from, &to).await;
}

pub(crate) async fn a_complete_transfer_copies_nothing<F: Store, T: Store>(from: F, to: T) {
    fill(&from).await;
    let first = transfer(&from, &to).await.unwrap();
    let before = log(&to).await;
    let again = transfer(&from, &to).await.unwrap();
    assert_eq!((again.copied, again.found), (0, 15));
    assert_eq!((again.source, again.target), (first.source, first.target));
    assert_eq!(log(&to).await, before);
}

pub(crate) async fn transfers_at_once_copy_each_event_once<F: Store, T: Store>(from: F, to: T) {
    fill(&from).await;
    let slow = Odd::new(from.clone()).pauses();
    let all = join_all((1..=4).map(|chunk| transfer(&slow, &to).chunk(chunk).into_future())).await;
    let done: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!(done.iter().map(|done| done.copied).sum::<u64>(), 15, "{done:?}");
    assert!(done.iter().all(|done| done.copied + done.found == 15), "{done:?}");
    assert_copied(&from, &to).await;
}
