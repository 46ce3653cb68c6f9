//! Processes that are killed, at any instant.

use std::time::{Duration, Instant};

use es_tests::log::until;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::support::{Bank, Worker};

/// How often: `ES_LONG=1` for the long run.
fn kills() -> u32 {
    if std::env::var_os("ES_LONG").is_some_and(|long| long == "1") { 1_000 } else { 60 }
}

/// Row 21: while it catches up and while it is live, whatever it was just doing.
#[tokio::test(flavor = "multi_thread")]
async fn whenever_it_is_killed_the_model_is_a_fold_of_the_log() {
    // Its lease runs out soon. And who is killed is no reason to give up an event, however often it happens.
    const OPTIONS: &str = "--lease-ms 100 --poll-ms 20 --batch 25 --retries 1000000";
    let mut random = StdRng::seed_from_u64(21);
    let bank = Bank::with_events(30 * kills() as usize).await;
    let writer = bank.worker("--writer 8 --pause-ms 30 --seed 21");
    let (mut worked, mut live) = (0, 0);
    for kill in 0..kills() {
        let before = bank.position().await;
        let mut worker = bank.worker(OPTIONS);
        // One in five is killed while it starts or waits for the lease of the one before. Of the others the first half
        // have much to catch up with.
        if random.random_range(0..5) == 0 {
            tokio::time::sleep(Duration::from_millis(random.random_range(0..100))).await;
        } else {
            if kill < kills() / 2 {
                until("it works", || async { bank.position().await > before }).await;
            } else {
                worker.until("live").await;
                live += 1;
            }
            tokio::time::sleep(Duration::from_micros(random.random_range(0..40_000))).await;
        }
        worker.kill();
        bank.assert_exact().await;
        worked += u32::from(bank.position().await > before);
    }
    writer.kill();
    assert!(worked > kills() / 2 && live > 0, "{worked} have done something, {live} were live");
    let _last = bank.worker(OPTIONS);
    bank.until_all_is_projected().await;
    assert_eq!(bank.number("SELECT count(*) FROM es.dead_letters").await, 0);
}

/// Row 23: one of ten works, and when it is killed one of the others takes over.
#[tokio::test(flavor = "multi_thread")]
async fn of_ten_processes_one_works_and_another_takes_over_in_time() {
    const LEASE: Duration = Duration::from_millis(1_500);
    const OPTIONS: &str = "--lease-ms 1500 --retries 1000";
    let bank = Bank::with_events(100).await;
    let _writer = bank.worker("--writer 8 --pause-ms 20");
    let mut workers: Vec<_> = (0..10).map(|_| bank.worker(OPTIONS)).collect();
    let mut took = Vec::new();
    for _ in 0..5 {
        until("one works, nine stand by", || async {
            let working = workers.iter().filter(|worker| worker.state() == "live").count();
            (working, standing_by(&workers)) == (1, 9)
        })
        .await;
        let working = workers.iter().position(Worker::works).unwrap();
        let epoch = bank.epoch().await;
        workers.swap_remove(working).kill();
        let begun = Instant::now();
        until("another takes over", || async { bank.epoch().await > epoch }).await;
        took.push(begun.elapsed());
        workers.push(bank.worker(OPTIONS));
        bank.assert_exact().await;
    }
    println!("took over after {took:?}");
    assert!(took.iter().all(|took| *took < LEASE * 3 / 2), "{took:?}");
}

fn standing_by(workers: &[Worker]) -> usize {
    workers.iter().filter(|worker| worker.state() == "standby").count()
}

/// Row 24: there is no session whose end, or whose survival, would say anything about who owns the projection.
#[tokio::test(flavor = "multi_thread")]
async fn who_owns_the_projection_is_not_a_lock_of_a_session() {
    let bank = Bank::with_events(5_000).await;
    let writer = bank.worker("--writer 8 --pause-ms 5");
    let mut worker = bank.worker("--batch 20");
    until("it catches up", || async { worker.works() && bank.position().await > 0 }).await;
    let mut samples = 0;
    while worker.state() != "live" || samples < 200 {
        assert_eq!(bank.advisory_locks_of_projectors().await, 0);
        samples += 1;
    }
    // The server ends all of its sessions, and it goes on.
    let epoch = bank.epoch().await;
    for _ in 0..10 {
        let at = bank.position().await;
        bank.number(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name LIKE 'projector%'",
        )
        .await;
        until("it goes on", || async { bank.position().await > at }).await;
        bank.assert_exact().await;
    }
    assert_eq!(bank.epoch().await, epoch, "the lease has stayed where it was");
    writer.kill();
    bank.until_all_is_projected().await;
    worker.signal("-TERM");
    assert!(worker.ended().await.0.success());
    bank.assert_nothing_open().await;
}
