//! Everything at once, for a while: `ES_SOAK_SECONDS` says how long, 20 unless set; `ES_SOAK_SEED` gives another run.

use std::time::{Duration, Instant};

use es_tests::balances::check;
use rand::rngs::StdRng;
use rand::{Rng, RngExt as _, SeedableRng as _};
use sqlx::PgConnection;

use crate::support::{Bank, Worker, number};

const PROJECTORS: &str = "--parts 4 --lease-ms 400 --poll-ms 100 --batch 50 --retries 1000000";

/// What a run has seen.
#[derive(Debug, Default)]
struct Seen {
    samples: u64,
    kills: u64,
    stops: u64,
    cuts: u64,
    events: i64,
    longest_lag: i64,
}

/// At every sample the read models are a fold of the log, and when the faults end nothing is left behind.
#[tokio::test(flavor = "multi_thread")]
async fn under_kills_and_cuts_the_model_is_a_fold_of_the_log_at_every_sample() {
    let setting = |name, default| std::env::var(name).ok().map_or(default, |n| n.parse().unwrap());
    let (seconds, seed) = (setting("ES_SOAK_SECONDS", 20), setting("ES_SOAK_SEED", 66));
    let mut random = StdRng::seed_from_u64(seed);
    let bank = Bank::with_events(500).await;
    let mut members: Vec<_> = (0..4).map(|number| member(&bank, number, &mut random)).collect();
    let mut connection = bank.database.connect().await;
    let mut seen = Seen::default();
    let begun = Instant::now();
    let mut sample = tokio::time::interval(Duration::from_millis(200));
    while begun.elapsed() < Duration::from_secs(seconds) {
        sample.tick().await;
        let found = check(&mut connection, 1, "").await.unwrap();
        assert_eq!(found.differences, [] as [String; 0], "seed {seed}, {seen:?}");
        seen.samples += 1;
        seen.longest_lag = seen.longest_lag.max(found.head - found.position);
        assert!(found.events >= seen.events, "nothing is undone");
        seen.events = found.events;
        disturb(&bank, &mut members, &mut connection, &mut random, &mut seen).await;
    }
    for number in 0..2 {
        std::mem::replace(&mut members[number], member(&bank, 2, &mut random)).kill();
    }
    let calm = Instant::now();
    bank.until_all_is_projected().await;
    let rest = calm.elapsed();
    println!("seed {seed}: {seen:?}, and {rest:?} to the end of the log");
    assert!(rest < Duration::from_secs(10), "{rest:?}");
    for member in &mut members {
        member.signal("-TERM");
        assert!(member.ended().await.0.success());
    }
    bank.assert_nothing_open().await;
    bank.assert_exact().await;
    let letters = number(&mut connection, "SELECT count(*) FROM es.dead_letters").await;
    assert_eq!(letters, 0);
    assert!(seen.kills > 0 && seen.stops > 0 && seen.cuts > 0, "{seen:?}");
}

/// The first two write, the others project.
fn member(bank: &Bank, number: usize, random: &mut impl Rng) -> Worker {
    if number < 2 {
        let seed: u64 = random.random();
        bank.worker(&format!("--writer 12 --pause-ms 8 --seed {seed}"))
    } else {
        bank.worker(PROJECTORS)
    }
}

/// Does one of several things to one of the members, or to none.
async fn disturb(
    bank: &Bank,
    members: &mut [Worker],
    connection: &mut PgConnection,
    random: &mut impl Rng,
    seen: &mut Seen,
) {
    let victim = random.random_range(0..members.len());
    // Who was ended by a broken line is started again; nobody else ends by itself.
    match random.random_range(0..8) {
        0 | 1 => {
            std::mem::replace(&mut members[victim], member(bank, victim, random)).kill();
            seen.kills += 1;
        }
        2 => {
            members[victim].signal("-STOP");
            tokio::time::sleep(Duration::from_millis(random.random_range(0..700))).await;
            members[victim].signal("-CONT");
            seen.stops += 1;
        }
        3 | 4 => {
            seen.cuts += u64::try_from(
                number(
                    connection,
                    "SELECT count(pg_terminate_backend(pid)) FROM (
                         SELECT pid FROM pg_stat_activity
                         WHERE datname = current_database() AND application_name IN ('projector', 'writer')
                         ORDER BY random() LIMIT 2
                     ) AS victims",
                )
                .await,
            )
            .unwrap();
        }
        _ => {}
    }
    for (number, one) in members.iter_mut().enumerate() {
        if !one.is_running() {
            let (status, errors) = one.ended().await;
            // Its very first connection may be the one that was cut.
            assert!(errors.contains("57P01"), "member {number} ended with {status}: {errors}");
            *one = member(bank, number, random);
        }
    }
}
