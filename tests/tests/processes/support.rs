//! Starting, watching and killing worker processes, and what else the tests share.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use es_core::EventStore as _;
use es_postgres::PgStore;
use es_tests::TestDatabase;
use es_tests::balances::{check, moves};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// Long enough for a slow machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The lease of the workers in these tests, unless they say otherwise.
pub(crate) const LEASE: Duration = Duration::from_secs(1);

/// A worker process. It is killed when this is dropped.
pub(crate) struct Worker {
    child: Child,
    lines: Arc<Mutex<Vec<(Instant, Value)>>>,
    reader: Option<JoinHandle<()>>,
    /// What it says about errors, read all the while: it would wait for room in a full pipe.
    errors: Option<JoinHandle<String>>,
}

impl Worker {
    /// Starts one with these options, as a command line.
    pub(crate) fn start(url: &str, options: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_worker"))
            .arg(url)
            .args(options.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let out = child.stdout.take().unwrap();
        let reader = Some(std::thread::spawn({
            let lines = lines.clone();
            move || read(out, &lines)
        }));
        let mut err = child.stderr.take().unwrap();
        let errors = Some(std::thread::spawn(move || {
            let mut errors = Vec::new();
            let _ = err.read_to_end(&mut errors);
            String::from_utf8_lossy(&errors).into_owned()
        }));
        Self { child, lines, reader, errors }
    }

    /// `-TERM`, `-STOP` or `-CONT`. The standard library knows only how to kill.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    pub(crate) fn kill(mut self) {
        self.kill_now();
    }

    /// What it has said is kept.
    pub(crate) fn kill_now(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Of its end, if it has ended by itself.
    pub(crate) fn code(&mut self) -> Option<i32> {
        self.child.try_wait().unwrap().and_then(|status| status.code())
    }

    /// How it ended, and what it said about errors.
    pub(crate) async fn ended(&mut self) -> (ExitStatus, String) {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "the worker has not ended: {:?}", self.last());
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        (status, self.errors.take().unwrap().join().unwrap())
    }

    /// All that it has said.
    pub(crate) fn said(&self) -> Vec<Value> {
        self.lines.lock().unwrap().iter().map(|(_, line)| line.clone()).collect()
    }

    /// The last thing it said about itself.
    pub(crate) fn last(&self) -> Option<Value> {
        self.lines.lock().unwrap().last().map(|(_, line)| line.clone())
    }

    pub(crate) fn state(&self) -> String {
        let last = self.last();
        let state = last.as_ref().and_then(|line| line.get("state")).and_then(Value::as_str);
        state.unwrap_or_default().to_owned()
    }

    /// Whether it runs a part.
    pub(crate) fn works(&self) -> bool {
        matches!(self.state().as_str(), "live" | "catching up")
    }

    /// How many events it has put aside.
    pub(crate) fn parked(&self) -> u64 {
        self.last().and_then(|line| line.get("parked")?.as_u64()).unwrap_or(0)
    }

    /// Waits until it says that.
    pub(crate) async fn until(&mut self, state: &str) {
        let begun = Instant::now();
        while self.state() != state {
            if !self.is_running() {
                let (status, errors) = self.ended().await;
                panic!("waited for `{state}`, but it ended with {status}: {errors}");
            }
            assert!(begun.elapsed() < PATIENCE, "not `{state}`: {:?}", self.last());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        let errors = self.errors.take().map(|errors| errors.join().unwrap_or_default());
        if std::thread::panicking() {
            eprintln!("worker {}: {:?} {errors:?}", self.child.id(), self.last());
        }
    }
}

fn read(out: ChildStdout, lines: &Mutex<Vec<(Instant, Value)>>) {
    for line in BufReader::new(out).lines() {
        let Ok(line) = line else { return };
        // A process that is killed may leave half a line.
        if let Ok(value) = serde_json::from_str(&line) {
            lines.lock().unwrap().push((Instant::now(), value));
        }
    }
}

/// A bank to be projected.
pub(crate) struct Bank {
    pub(crate) database: TestDatabase,
    pub(crate) store: PgStore,
}

impl Bank {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create().await;
        let store = database.store().await;
        sqlx::raw_sql("CREATE TABLE holds (events bigint); INSERT INTO holds VALUES (0)")
            .execute(store.pool())
            .await
            .unwrap();
        Self { database, store }
    }

    /// With so many events, by hundreds, in ten accounts: amounts that no trap waits for.
    pub(crate) async fn with_events(events: usize) -> Self {
        let bank = Self::new().await;
        bank.fill(events).await;
        bank
    }

    pub(crate) async fn fill(&self, events: usize) {
        let accounts: Vec<_> = (0..10).map(|_| Uuid::now_v7()).collect();
        let amounts: Vec<_> = (1..=10).collect();
        for _ in 0..events.div_ceil(100) {
            let all = accounts.iter().map(|account| moves(*account, &amounts)).collect();
            for done in self.store.append_many(all).await {
                done.unwrap();
            }
        }
    }

    /// An account with one event for each amount, and where the last one is.
    pub(crate) async fn account(&self, amounts: &[i64]) -> (Uuid, u64) {
        let account = Uuid::now_v7();
        (account, self.move_money(account, amounts).await)
    }

    pub(crate) async fn move_money(&self, account: Uuid, amounts: &[i64]) -> u64 {
        self.store.append(moves(account, amounts)).await.unwrap().position.get()
    }

    pub(crate) fn worker(&self, options: &str) -> Worker {
        Worker::start(self.database.url(), options)
    }

    /// The read models are a fold of the log up to the checkpoint, whatever that is.
    pub(crate) async fn assert_exact(&self) {
        self.assert_exact_version(1, "").await;
    }

    pub(crate) async fn assert_exact_version(&self, version: u32, suffix: &str) {
        let mut connection = self.database.connect().await;
        let found = check(&mut connection, version, suffix).await.unwrap();
        assert_eq!(found.differences, [] as [String; 0], "at {}", found.position);
    }

    /// They are that up to the end of the log.
    pub(crate) async fn until_all_is_projected(&self) {
        self.until_projected(1, "").await;
    }

    pub(crate) async fn until_projected(&self, version: u32, suffix: &str) {
        let mut connection = self.database.connect().await;
        let begun = Instant::now();
        loop {
            let found = check(&mut connection, version, suffix).await.unwrap();
            assert_eq!(found.differences, [] as [String; 0], "at {}", found.position);
            if found.position >= found.head {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{found:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn position(&self) -> i64 {
        self.number("SELECT coalesce(min(position), 0) FROM es.checkpoints WHERE version = 1").await
    }

    /// Rises with each owner of the projection.
    pub(crate) async fn epoch(&self) -> i64 {
        self.number("SELECT coalesce(max(epoch), 0) FROM es.checkpoints WHERE version = 1").await
    }

    /// As [`number`](Self::number), of a statement that is put together.
    pub(crate) async fn number_of(&self, sql: &str) -> i64 {
        let mut connection = self.database.connect().await;
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap()
    }

    /// A number from a connection of the test.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        number(&mut self.database.connect().await, sql).await
    }

    /// Nothing of the projectors is left open.
    pub(crate) async fn assert_nothing_open(&self) {
        es_tests::log::until("no session of a projector is in a transaction", || async {
            self.number(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()",
            )
            .await
                == 0
        })
        .await;
        assert_eq!(self.advisory_locks_of_projectors().await, 0);
    }

    pub(crate) async fn advisory_locks_of_projectors(&self) -> i64 {
        self.number(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
             WHERE locktype = 'advisory' AND datname = current_database() AND application_name LIKE 'projector%'",
        )
        .await
    }
}

pub(crate) async fn number(connection: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}
