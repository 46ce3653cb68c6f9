//! Sixteen writers who commit, roll back, prepare and break off as it comes, and three readers of what they write.
//!
//! The naive reader believes that what is behind the last position it saw is all there will be. It is kept here to
//! show that the load would lose events: a run in which it misses none proves nothing and fails. Run longer with
//! `ES_STRESS_SECONDS=60 cargo test -p es-tests --test settled stress -- --nocapture`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::{Connection as _, PgConnection};

use crate::support::{Log, Reader, Writer, eventually};

const WRITERS: u64 = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_reader_of_the_api_misses_an_event_that_a_naive_one_does() {
    let log = Arc::new(Log::new("stress").await);
    let (writing, reading) = (Flag::up(), Flag::up());
    let writers: Vec<_> =
        (0..WRITERS).map(|seed| tokio::spawn(write(log.clone(), seed, writing.clone()))).collect();
    let ours = tokio::spawn(follow(log.reader().await, reading.clone()));
    let naive = tokio::spawn(read_naively(log.clone(), reading.clone()));
    let promises = tokio::spawn(start_again_and_again(log.clone(), reading.clone()));

    tokio::time::sleep(duration()).await;
    writing.lower();
    let mut rolled_back = 0;
    for writer in writers {
        rolled_back += writer.await.unwrap();
    }
    reading.lower();
    let ((mut reader, looks), naive) = (ours.await.unwrap(), naive.await.unwrap());
    let while_writing = reader.seen.len();
    let committed = committed(&log).await;
    // A session that was broken off may not have ended yet.
    let last = committed.last().copied().unwrap_or(0);
    eventually("all is settled", async || reader.settled().await == last).await;
    reader.poll().await;

    let missed_by =
        |seen: &BTreeSet<u64>| committed.iter().filter(|position| !seen.contains(position)).count();
    let (missed, missed_by_ours) =
        (missed_by(&naive), missed_by(&reader.seen.iter().copied().collect()));
    let promises = promises.await.unwrap();
    println!(
        "{} events committed, {rolled_back} positions rolled back; the naive reader missed {missed}; ours missed \
         {missed_by_ours}, {while_writing} of them read in {looks} looks while writers were at work; {} promises of fresh stores checked",
        committed.len(),
        promises.len(),
    );
    assert!(missed > 0, "the load was too tame to prove anything");
    assert!(rolled_back > 0 && !promises.is_empty());
    assert!(while_writing * 2 > committed.len(), "the reader was starved");
    assert_eq!(reader.seen, committed, "all, in order, none twice");
    for Promise { settled, visible } in promises {
        let now = committed.partition_point(|&position| position <= settled);
        assert_eq!(
            now, visible,
            "{settled} was called settled, but an event at or before it came later"
        );
    }
}

fn duration() -> Duration {
    let seconds = std::env::var("ES_STRESS_SECONDS").ok();
    let seconds = seconds.map(|text| text.parse().expect("ES_STRESS_SECONDS is a number"));
    Duration::from_secs(seconds.unwrap_or(4))
}

/// Appends until told to stop. Gives how many positions came to nothing.
async fn write(log: Arc<Log>, seed: u64, go_on: Flag) -> u64 {
    let mut random = StdRng::seed_from_u64(seed);
    let mut writer = log.writer().await;
    let mut rolled_back = 0;
    while go_on.is_up() {
        writer.run("BEGIN").await;
        let mut appended = 0;
        for _ in 0..random.random_range(1..=3) {
            if random.random_bool(0.2) {
                writer.run("SAVEPOINT here").await;
                writer.append().await;
                pause(&mut random).await;
                writer.run("ROLLBACK TO here").await;
                rolled_back += 1;
            }
            writer.append().await;
            appended += 1;
            pause(&mut random).await;
        }
        match random.random_range(0..100) {
            0..20 => {
                writer.run("ROLLBACK").await;
                rolled_back += appended;
            }
            20..23 => {
                // Its session ends without a word.
                writer = Writer::connect(&log.url).await;
                rolled_back += appended;
            }
            23..33 => {
                let name = format!("{}_{seed}", log.name);
                writer.run(&format!("PREPARE TRANSACTION '{name}'")).await;
                pause(&mut random).await;
                writer.run(&format!("COMMIT PREPARED '{name}'")).await;
            }
            _ => writer.run("COMMIT").await,
        }
    }
    rolled_back
}

async fn pause(random: &mut StdRng) {
    if random.random_bool(0.5) {
        tokio::time::sleep(Duration::from_micros(random.random_range(0..4_000))).await;
    }
}

/// Our reader, at its busiest. Gives how often it looked, too.
async fn follow(mut reader: Reader, go_on: Flag) -> (Reader, u64) {
    let mut looks = 0;
    while go_on.is_up() {
        reader.page().await.unwrap();
        looks += 1;
    }
    (reader, looks)
}

/// What everybody writes first.
async fn read_naively(log: Arc<Log>, go_on: Flag) -> BTreeSet<u64> {
    const SQL: &str =
        "SELECT position FROM es.events WHERE position > $1 ORDER BY position LIMIT 100";
    let mut connection = PgConnection::connect(&log.url).await.unwrap();
    let (mut cursor, mut seen) = (0_i64, BTreeSet::new());
    loop {
        let last_round = !go_on.is_up();
        let page: Vec<i64> =
            sqlx::query_scalar(SQL).bind(cursor).fetch_all(&mut connection).await.unwrap();
        cursor = page.last().copied().unwrap_or(cursor);
        if last_round && page.is_empty() {
            return seen;
        }
        seen.extend(page.into_iter().map(i64::cast_unsigned));
    }
}

/// What a store said was settled, and how many events there were up to there.
struct Promise {
    settled: u64,
    visible: usize,
}

/// Stores that know nothing, each asked until it has got somewhere.
async fn start_again_and_again(log: Arc<Log>, go_on: Flag) -> Vec<Promise> {
    const SQL: &str = "SELECT count(*) FROM es.events WHERE position <= $1";
    let mut connection = PgConnection::connect(&log.url).await.unwrap();
    let mut promises = Vec::new();
    while go_on.is_up() {
        let fresh = log.reader().await;
        let deadline = Instant::now() + Duration::from_millis(20);
        while Instant::now() < deadline {
            let settled = fresh.settled().await;
            let visible: i64 = sqlx::query_scalar(SQL)
                .bind(settled.cast_signed())
                .fetch_one(&mut connection)
                .await
                .unwrap();
            promises.push(Promise { settled, visible: usize::try_from(visible).unwrap() });
        }
        fresh.close().await;
    }
    promises
}

async fn committed(log: &Log) -> Vec<u64> {
    let mut connection = PgConnection::connect(&log.url).await.unwrap();
    let positions: Vec<i64> =
        sqlx::query_scalar("SELECT position FROM es.events ORDER BY position")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    positions.into_iter().map(i64::cast_unsigned).collect()
}

/// Goes down once, and everybody sees it.
#[derive(Clone)]
struct Flag(Arc<AtomicBool>);

impl Flag {
    fn up() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    fn is_up(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    fn lower(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}
