//! A new version of the projection is built beside the old one and takes its place, while processes of both are stopped and killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use es_tests::TestDatabase;
use es_tests::log::until;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::{Connection as _, PgConnection};

use crate::support::Bank;

const SUPERSEDED: &str = "version 1 of projection `balances` no longer serves: version 2 does";

/// Row 25: what it wakes up with are names that mean the tables of the new version now.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_of_an_earlier_version_cannot_touch_the_tables_of_the_new_one() {
    let bank = Bank::with_events(300).await;
    let mut old = bank.worker("--batch 20 --handler slow:5 --timeout-ms 900");
    until("it works", || async { bank.position().await >= 40 }).await;
    old.signal("-STOP");
    let at = bank.position().await;
    let _new = bank.worker("--version 2");
    until_it_serves(&bank).await;
    old.signal("-CONT");
    let (status, errors) = old.ended().await;
    assert_eq!(status.code(), Some(1));
    assert!(errors.contains(SUPERSEDED), "{errors}");
    // One that is started now, by somebody who has not heard of it.
    let mut late = bank.worker("");
    let (status, errors) = late.ended().await;
    assert_eq!(status.code(), Some(1));
    assert!(errors.contains(SUPERSEDED), "{errors}");

    bank.fill(100).await;
    bank.until_projected(2, "").await;
    bank.assert_exact_version(1, "_v1").await;
    assert_eq!(bank.position().await, at, "the old version stands where it was");
}

/// Row 64: a reader that has read one table and waits for another, which the switch has changed before it comes to the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_in_the_way_of_the_switch_gets_what_it_wants() {
    let bank = Bank::with_events(100).await;
    let mut old = bank.worker("");
    old.until("live").await;
    let (mut one, mut two) = (bank.database.connect().await, bank.database.connect().await);
    let mut reader = one.begin().await.unwrap();
    sqlx::query("SELECT FROM mishaps").fetch_all(&mut *reader).await.unwrap();
    let mut other = two.begin().await.unwrap();
    sqlx::query("SELECT FROM buckets").fetch_all(&mut *other).await.unwrap();
    let _new = bank.worker("--version 2");
    let waits =
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'buckets'::regclass";
    until("the switch waits", || async { bank.number(waits).await == 1 }).await;
    let read = async { sqlx::query("SELECT FROM accounts").fetch_all(&mut *reader).await };
    // The switch comes to the first table shortly before the server looks why the reader waits.
    let free = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        other.rollback().await
    };
    let (accounts, freed) = tokio::join!(read, free);
    freed.unwrap();
    assert_eq!(accounts.expect("no deadlock").len(), 10);
    reader.rollback().await.unwrap();
    until_it_serves(&bank).await;
}

/// Row 64: whoever reads meanwhile sees the tables of one version, and no error.
#[tokio::test(flavor = "multi_thread")]
async fn wherever_the_switch_is_interrupted_readers_see_one_version() {
    const OPTIONS: &str = "--version 2 --lease-ms 100 --retries 1000000";
    let mut random = StdRng::seed_from_u64(64);
    let mut interrupted = 0;
    let mut takes = Duration::from_millis(500);
    for round in 0..4 {
        let bank = Bank::with_events(100).await;
        let writer = bank.worker(&format!("--writer 8 --pause-ms 10 --seed {round}"));
        let mut old = bank.worker("--poll-ms 20 --retries 1000000");
        old.until("live").await;
        let readers = Readers::start(&bank.database);
        let begun = Instant::now();
        let new = loop {
            let mut new = bank.worker(OPTIONS);
            // The first round shows how long it takes, the others are killed about that time.
            if round == 0 || interrupted >= 3 * round {
                until_it_serves(&bank).await;
                takes = takes.min(begun.elapsed());
                break new;
            }
            let about = random.random_range(takes / 2..takes * 3 / 2);
            tokio::time::sleep(about).await;
            if serving(&bank).await == 2 {
                break new;
            }
            assert!(new.is_running(), "it ended by itself: {:?}", new.last());
            new.kill();
            interrupted += 1;
            bank.assert_exact().await;
        };
        let (status, errors) = old.ended().await;
        assert_eq!(status.code(), Some(1));
        assert!(errors.contains(SUPERSEDED), "{errors}");
        new.kill();
        bank.assert_exact_version(2, "").await;
        let _new = bank.worker(OPTIONS);
        tokio::time::sleep(Duration::from_millis(100)).await;
        writer.kill();
        bank.until_projected(2, "").await;
        let (of_old, of_new) = readers.end().await;
        assert!(of_old > 0 && of_new > 0, "{of_old} and {of_new}");
    }
    assert!(interrupted > 0);
}

async fn serving(bank: &Bank) -> i64 {
    bank.number("SELECT coalesce(max(version), 1)::bigint FROM es.serving").await
}

async fn until_it_serves(bank: &Bank) {
    until("the new version serves", || async { serving(bank).await == 2 }).await;
}

/// Tasks that read both tables again and again, each in another order.
struct Readers {
    tasks: Vec<tokio::task::JoinHandle<()>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    end: AtomicBool,
    of_version: [AtomicU64; 2],
}

impl Readers {
    fn start(database: &TestDatabase) -> Self {
        const ACCOUNTS: &str = "SELECT min(made_by), max(made_by), sum(cents)::bigint, sum(events)::bigint FROM accounts";
        const BUCKETS: &str = "SELECT min(made_by), max(made_by), sum(cents)::bigint, sum(events)::bigint FROM buckets";
        let shared = Arc::new(Shared::default());
        let start = |tables: [&'static str; 2]| {
            let (url, shared) = (database.url().to_owned(), shared.clone());
            tokio::spawn(async move {
                let mut connection = PgConnection::connect(&url).await.unwrap();
                while !shared.end.load(Ordering::Relaxed) {
                    let version = look(&mut connection, tables).await;
                    shared.of_version[version - 1].fetch_add(1, Ordering::Relaxed);
                    // A switch needs a moment in which nobody reads: readers without any pause put it off for long.
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            })
        };
        Self { tasks: vec![start([ACCOUNTS, BUCKETS]), start([BUCKETS, ACCOUNTS])], shared }
    }

    /// How often they have seen each version.
    async fn end(self) -> (u64, u64) {
        self.shared.end.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.expect("no reader has seen an error or a mix");
        }
        let [old, new] = &self.shared.of_version;
        (old.load(Ordering::Relaxed), new.load(Ordering::Relaxed))
    }
}

/// Reads both tables in one snapshot, and gives the version that has made them.
async fn look(connection: &mut PgConnection, tables: [&'static str; 2]) -> usize {
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
    let mut snapshot = connection.begin_with(begin).await.unwrap();
    let mut seen: Vec<(i64, i64, i64, i64)> = Vec::new();
    for table in tables {
        seen.push(sqlx::query_as(table).persistent(false).fetch_one(&mut *snapshot).await.unwrap());
    }
    snapshot.rollback().await.unwrap();
    assert_eq!(seen[0], seen[1], "{tables:?}");
    assert_eq!(seen[0].0, seen[0].1, "{tables:?}");
    usize::try_from(seen[0].0).unwrap()
}
