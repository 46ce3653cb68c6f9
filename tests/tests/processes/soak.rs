//! Everything at once, for a while: `ES_SOAK_SECONDS` says how long, 20 unless set; `ES_SOAK_SEED` gives another run.

use std::time::{Duration, Instant};

use es_tests::balances::check;
use rand::rngs::StdRng;
use rand::{Rng, RngExt as _, SeedableRng as _};
use sqlx::PgConnection;

use crate::support::{Bank, Worker, number};

const PROJECTORS: &str = "--parts 4 --lease-ms 400 --poll-ms 100 --batch 50 --retries 1000000";

/// What was done to the members.
#[derive(Debug, Default)]
struct Faults {
    kills: u64,
    stops: u64,
    cuts: u64,
}

/// What was seen meanwhile.
#[derive(Debug, Default)]
struct Seen {
    samples: u64,
    events: i64,
    longest_lag: i64,
}

/// At every sample the read models are a fold of the log, and when the faults end nothing is left behind.
#[tokio::test(flavor = "multi_thread")]
async fn under_kills_and_cuts_the_model_is_a_fold_of_the_log_at_every_sample() {
    let setting = |name, default| std::env::var(name).ok().map_or(default, |n| n.parse().unwrap());
    let (seconds, seed) = (setting("ES_SOAK_SECONDS", 20), setting("ES_SOAK_SEED", 66));
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let bank = Bank::with_events(500).await;
    let mut members: Vec<_> = (0..4).map(|number| member(&bank, number, &mut random)).collect();
    let end = Instant::now() + Duration::from_secs(seconds);
    let (faults, seen) = tokio::join!(
        disturb_until(end, &bank, &mut members, &mut random),
        sample_until(end, &bank)
    );
    for number in 0..2 {
        std::mem::replace(&mut members[number], member(&bank, 2, &mut random)).kill();
    }
    let calm = Instant::now();
    bank.until_all_is_projected().await;
    let rest = calm.elapsed();
    println!("{faults:?}, {seen:?}, and {rest:?} to the end of the log");
    assert!(rest < Duration::from_secs(10), "{rest:?}");
    for member in &mut members {
        member.signal("-TERM");
        assert!(member.ended().await.0.success());
    }
    bank.assert_nothing_open().await;
    bank.assert_exact().await;
    assert_eq!(bank.number("SELECT count(*) FROM es.dead_letters").await, 0);
    assert!(faults.kills > 0 && faults.stops > 0 && faults.cuts > 0 && seen.samples > seconds);
}

async fn sample_until(end: Instant, bank: &Bank) -> Seen {
    let mut connection = bank.database.connect().await;
    let mut seen = Seen::default();
    let mut pace = tokio::time::interval(Duration::from_millis(200));
    while Instant::now() < end {
        pace.tick().await;
        let found = check(&mut connection, 1, "").await.unwrap();
        assert_eq!(found.differences, [] as [String; 0], "{seen:?}");
        assert!(found.events >= seen.events, "nothing is undone");
        seen.samples += 1;
        seen.longest_lag = seen.longest_lag.max(found.head - found.position);
        seen.events = found.events;
    }
    seen
}

async fn disturb_until(
    end: Instant,
    bank: &Bank,
    members: &mut [Worker],
    random: &mut (impl Rng + Send),
) -> Faults {
    let mut connection = bank.database.connect().await;
    let mut faults = Faults::default();
    while Instant::now() < end {
        let pause = Duration::from_millis(random.random_range(50..600));
        tokio::time::sleep(pause).await;
        disturb(bank, members, &mut connection, random, &mut faults).await;
    }
    faults
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

/// Does one of several things to one of the members.
async fn disturb(
    bank: &Bank,
    members: &mut [Worker],
    connection: &mut PgConnection,
    random: &mut (impl Rng + Send),
    faults: &mut Faults,
) {
    let victim = random.random_range(0..members.len());
    match random.random_range(0..5) {
        0 | 1 => {
            std::mem::replace(&mut members[victim], member(bank, victim, random)).kill();
            faults.kills += 1;
        }
        2 => {
            members[victim].signal("-STOP");
            tokio::time::sleep(Duration::from_millis(random.random_range(0..700))).await;
            members[victim].signal("-CONT");
            faults.stops += 1;
        }
        _ => {
            faults.cuts += u64::try_from(
                number(
                    connection,
                    "SELECT count(pg_terminate_backend(pid)) FROM (
                         SELECT pid FROM pg_stat_activity
                         WHERE datname = current_database() AND (application_name LIKE 'projector%' OR application_name LIKE 'writer%')
                         ORDER BY random() LIMIT 2
                     ) AS victims",
                )
                .await,
            )
            .unwrap();
        }
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
