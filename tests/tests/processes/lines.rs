//! The line to the server is slow, or is cut.

use std::time::{Duration, Instant};

use es_tests::log::until;
use es_tests::pace::Pace;
use es_tests::proxy::Proxy;
use sqlx::postgres::PgConnectOptions;

use crate::support::{Bank, Worker};

/// Row 16: nothing is lost on a slow line but time, and not the lease either, although a standby waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn over_a_slow_line_it_is_slow_and_correct_and_keeps_its_lease() {
    let pace = |latency, jitter, bytes_per_second| {
        let (latency, jitter) = (Duration::from_millis(latency), Duration::from_millis(jitter));
        Pace { latency, jitter, bytes_per_second }
    };
    for pace in [pace(80, 40, None), pace(2, 2, Some(60_000))] {
        let bank = Bank::with_events(200).await;
        let options: PgConnectOptions = bank.database.url().parse().unwrap();
        let server = format!("{}:{}", options.get_host(), options.get_port());
        let proxy = Proxy::to(server.clone()).await;
        proxy.slow_down(pace);
        let url = bank.database.url().replacen(&server, &proxy.address().to_string(), 1);
        let mut slow = Worker::start(&url, "--lease-ms 3000 --batch 200");
        until("it works", || async { bank.epoch().await == 1 }).await;
        let mut standby = bank.worker("--lease-ms 3000");
        standby.until("standby").await;
        bank.until_all_is_projected().await;
        bank.fill(100).await;
        bank.until_all_is_projected().await;
        assert_eq!(bank.epoch().await, 1, "the lease was never lost");
        assert!(slow.is_running());
        assert_eq!(standby.state(), "standby");
    }
}

/// Row 16: a batch may take longer than the lease.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_takes_longer_than_the_lease_does_not_lose_it() {
    let bank = Bank::with_events(100).await;
    let _slow = bank.worker("--lease-ms 500 --batch 100 --handler slow:20");
    until("it works", || async { bank.epoch().await == 1 }).await;
    let standby = bank.worker("--lease-ms 500");
    let begun = Instant::now();
    bank.until_all_is_projected().await;
    assert!(begun.elapsed() > Duration::from_millis(1_500), "{:?}", begun.elapsed());
    assert_eq!(bank.epoch().await, 1);
    assert_eq!(standby.state(), "standby");
}

/// Row 42: a notification is a hint. Without any, an event is handled when the poll comes to it.
#[tokio::test(flavor = "multi_thread")]
async fn without_notifications_only_latency_grows() {
    const POLL: Duration = Duration::from_millis(800);
    const LISTENERS: &str = "FROM pg_stat_activity WHERE datname = current_database()
        AND application_name LIKE 'projector%' AND query ILIKE 'LISTEN %'";
    let bank = Bank::with_events(100).await;
    let mut worker = bank.worker("--poll-ms 800");
    worker.until("live").await;
    let count = format!("SELECT count(*) {LISTENERS}");
    let listeners = || async { bank.number_of(&count).await };
    until("it listens", || async { listeners().await == 1 }).await;
    let kill = format!("SELECT count(pg_terminate_backend(pid)) {LISTENERS}");
    let mut took = Vec::new();
    for _ in 0..6 {
        // Long enough that it looks rarely.
        tokio::time::sleep(POLL).await;
        bank.number_of(&kill).await;
        until("it does not listen", || async { listeners().await == 0 }).await;
        let begun = Instant::now();
        let (_, position) = bank.account(&[1]).await;
        until("it is handled", || async { bank.position().await >= position.cast_signed() }).await;
        took.push(begun.elapsed());
    }
    println!("without notifications: {took:?}");
    assert!(took.iter().all(|took| *took < POLL + Duration::from_millis(400)), "{took:?}");
    bank.assert_exact().await;
    until("it listens again", || async { listeners().await == 1 }).await;
    assert_eq!((bank.epoch().await, worker.state().as_str()), (1, "live"));
}
