//! Processes that are told to end, or are stopped for a while.

use std::time::{Duration, Instant};

use es_tests::log::until;
use sqlx::Connection as _;

use crate::support::{Bank, LEASE};

/// Row 20: it ends well, by itself, with what it has done saved; and its lease is free at once.
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_during_work_ends_well_and_gives_the_lease_back() {
    let bank = Bank::with_events(3_000).await;
    let mut first = bank.worker("--lease-ms 4000 --batch 10 --handler slow:1");
    until("some is done", || async { bank.position().await >= 100 }).await;
    let mut second = bank.worker("--lease-ms 4000 --batch 10");
    second.until("standby").await;
    first.signal("-TERM");
    let (status, errors) = first.ended().await;
    assert_eq!((status.code(), errors.as_str()), (Some(0), ""));
    assert_eq!(bank.number("SELECT count(*) FROM es.checkpoints WHERE unclean").await, 0);
    bank.assert_exact().await;
    let (left_off, begun) = (bank.position().await, Instant::now());
    assert!((100..3_000).contains(&left_off), "it ended during work: {left_off}");
    until("the other works", || async { bank.position().await > left_off }).await;
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "that is half a lease: {:?}",
        begun.elapsed()
    );
    bank.until_all_is_projected().await;
}

/// Row 22: nobody can tell a stopped process from a dead one; when it wakes up, it has lost the lease and commits nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_stopped_past_its_lease_is_replaced_and_commits_nothing_more() {
    let bank = Bank::with_events(200).await;
    let _writer = bank.worker("--writer 8 --pause-ms 5");
    // Each page takes so long that it is in a batch most of the time.
    let mut first = bank.worker("--batch 20 --handler slow:3");
    until("some is done", || async { bank.position().await >= 20 }).await;
    let mut second = bank.worker("--batch 20");
    second.until("standby").await;
    for _ in 0..2 {
        let epoch = bank.epoch().await;
        first.signal("-STOP");
        let begun = Instant::now();
        until("the other takes over", || async { bank.epoch().await > epoch }).await;
        assert!(begun.elapsed() < LEASE * 3 / 2, "{:?}", begun.elapsed());
        let epoch = bank.epoch().await;
        let at = bank.position().await;
        until("the other works", || async { bank.position().await > at }).await;
        first.signal("-CONT");
        first.until("standby").await;
        bank.assert_exact().await;
        assert_eq!(bank.epoch().await, epoch, "the lease has stayed with the one that took it");
        std::mem::swap(&mut first, &mut second);
    }
}

/// Row 22, at its worst: it is stopped in the middle of a batch that has locked a row which the other one needs.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_stopped_in_an_open_transaction_keeps_nobody_waiting() {
    let bank = Bank::with_events(100).await;
    let options = "--batch 2 --timeout-ms 900 --handler hold:50";
    let mut first = bank.worker(options);
    until("some is done", || async { bank.position().await >= 4 }).await;
    let mut second = bank.worker(options);
    second.until("standby").await;
    // Until the row is locked: nearly always.
    let locked = || async {
        first.signal("-CONT");
        tokio::time::sleep(Duration::from_millis(30)).await;
        first.signal("-STOP");
        bank.number(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE relation = 'holds'::regclass
             AND mode = 'RowExclusiveLock' AND state = 'idle in transaction'",
        )
        .await
            == 1
    };
    until("it is stopped while it holds the row", locked).await;
    let (epoch, at, begun) = (bank.epoch().await, bank.position().await, Instant::now());
    until("the other goes on", || async { bank.position().await > at }).await;
    // The lease runs out, the other one looks, and has its own two events to hold.
    let limit = LEASE * 3 / 2 + Duration::from_millis(500);
    assert!(begun.elapsed() < limit, "{:?}", begun.elapsed());
    assert_eq!(bank.epoch().await, epoch + 1);
    first.signal("-CONT");
    first.until("standby").await;
    bank.assert_exact().await;
    bank.until_all_is_projected().await;
    assert_eq!(bank.number("SELECT events FROM holds").await, 100);
    assert_eq!(bank.number("SELECT attempts::bigint FROM es.checkpoints").await, 0);
}

/// Row 22, without the help of a checkpoint that has moved meanwhile: it is stopped when all that is left to do is the commit, and
/// the one that has taken over has not committed anything when it wakes up.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_wakes_up_before_its_commit_does_not_commit() {
    let bank = Bank::with_events(100).await;
    let mut locker = bank.database.connect().await;
    let mut first = bank.worker("--lease-ms 400");
    for _ in 0..4 {
        first.until("live").await;
        // A row cannot be written now, so its batch waits there.
        let mut lock = locker.begin().await.unwrap();
        sqlx::raw_sql("LOCK TABLE accounts IN SHARE MODE").execute(&mut *lock).await.unwrap();
        bank.account(&[1]).await;
        until("its batch waits", || async { bank.number(WAITING).await == 1 }).await;
        let (epoch, at) = (bank.epoch().await, bank.position().await);
        first.signal("-STOP");
        let second = bank.worker("--lease-ms 400 --handler slow:600000 --timeout-ms 900000");
        until("another has the lease", || async { bank.epoch().await > epoch }).await;
        lock.rollback().await.unwrap();
        until("its rows are written", || async { bank.number(WAITING).await == 0 }).await;
        first.signal("-CONT");
        first.until("standby").await;
        assert_eq!(bank.position().await, at, "nothing is committed");
        second.kill();
        bank.until_all_is_projected().await;
    }
}

const WAITING: &str =
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'accounts'::regclass";
