//! Processes that are told to end, or are killed or stopped.

use std::time::{Duration, Instant};

use crate::support::{Bank, LEASE};

/// Row 20: it ends well, by itself, with what it has done saved; and its lease is free at once.
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_during_work_ends_well_and_gives_the_lease_back() {
    let bank = Bank::with_events(3_000).await;
    let mut first = bank.worker("--lease-ms 4000 --batch 10 --handler slow:1");
    es_tests::log::until("some is done", || async { bank.position().await >= 100 }).await;
    let mut second = bank.worker("--lease-ms 4000 --batch 10");
    second.until("standby").await;
    first.signal("-TERM");
    let (status, errors) = first.ended().await;
    assert_eq!((status.code(), errors.as_str()), (Some(0), ""));
    assert_eq!(bank.number("SELECT count(*) FROM es.checkpoints WHERE unclean").await, 0);
    bank.assert_exact().await;
    let (left_off, begun) = (bank.position().await, Instant::now());
    assert!((100..3_000).contains(&left_off), "it ended during work: {left_off}");
    es_tests::log::until("the other works", || async { bank.position().await > left_off }).await;
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "that is half a lease: {:?}",
        begun.elapsed()
    );
    bank.until_all_is_projected().await;
}
