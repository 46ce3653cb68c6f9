//! Wake-ups: hints to whoever follows the log that it has grown.
//!
//! Within one store they go through its signal. SQLite tells nobody of what other processes write, but knows at once whether any
//! has written: so as long as somebody listens, a task asks now and then, on a connection of its own. It hears of everything
//! that is committed to the file, of checkpoints too, and of this process's own commits once more; a look at the log is
//! cheap.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use es_core::{Signal, Wakes};
use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqlitePool};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use crate::config::SqliteConfig;
use crate::place::Place;
use crate::store::SqliteStore;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(25);

/// Between two looks when the first one has failed.
const RETRY: Duration = Duration::from_secs(1);

/// The task that watches the file. It ends when nobody listens, and with the store.
pub(crate) struct Watch {
    /// Of one connection. `None` for a database that no other process can see.
    pool: Option<SqlitePool>,
    running: Arc<Mutex<Option<AbortHandle>>>,
}

impl Watch {
    pub(crate) fn new(place: &Place, config: &SqliteConfig) -> Self {
        let options = place.reader_options(config);
        let pool = || Place::pool_options(config, 1).connect_lazy_with(options);
        Self { pool: (!place.is_memory()).then(pool), running: Arc::default() }
    }

    /// Ends the task, and waits until its connection is closed.
    pub(crate) async fn close(&self) {
        if let Some(pool) = &self.pool {
            pool.close().await;
        }
    }

    /// Starts the task unless it runs. Outside a runtime there is nobody to watch.
    fn keep(&self, signal: &Signal) {
        let Some(pool) = self.pool.as_ref().filter(|pool| !pool.is_closed()) else { return };
        let mut running = lock(&self.running);
        // Its runtime may have ended before the store did.
        if running.as_ref().is_some_and(|running| !running.is_finished()) {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            let task = watch(pool.clone(), signal.clone(), self.running.clone());
            *running = Some(runtime.spawn(task).abort_handle());
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(running) = lock(&self.running).take() {
            running.abort();
        }
    }
}

impl SqliteStore {
    pub(crate) fn listen(&self) -> Wakes {
        // First, so that the task does not find that nobody listens.
        let wakes = self.signal().listen();
        self.watch().keep(self.signal());
        wakes
    }
}

async fn watch(pool: SqlitePool, signal: Signal, running: Arc<Mutex<Option<AbortHandle>>>) {
    let mut line = None;
    loop {
        let looked = look(&pool, &mut line).await;
        let pause = if looked.is_ok() { PAUSE } else { RETRY };
        match looked {
            Ok(true) => signal.wake(),
            Ok(false) => {}
            Err(error) => {
                tracing::debug!(%error, "appends of other processes are not heard of");
                line = None;
            }
        }
        if tokio::time::timeout(pause, pool.close_event()).await.is_ok() {
            return;
        }
        let mut running = lock(&running);
        if !signal.is_heard() {
            *running = None;
            return;
        }
    }
}

/// A connection, and the number that it gave last for the state of the file. Only the same connection's numbers can be compared.
struct Line {
    connection: PoolConnection<Sqlite>,
    state: i64,
}

/// Whether anything was committed since the last look.
async fn look(pool: &SqlitePool, line: &mut Option<Line>) -> Result<bool, sqlx::Error> {
    if let Some(line) = line {
        let now = state(&mut line.connection).await?;
        return Ok(std::mem::replace(&mut line.state, now) != now);
    }
    let mut connection = pool.acquire().await?;
    let state = state(&mut connection).await?;
    *line = Some(Line { connection, state });
    // Something may have been missed.
    Ok(true)
}

/// One that fails is not used again.
async fn state(connection: &mut PoolConnection<Sqlite>) -> Result<i64, sqlx::Error> {
    let state = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut **connection).await;
    if state.is_err() {
        connection.close_on_drop();
    }
    state
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing of ours panics while it holds the lock.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use es_core::{
        Category, EventName, EventStore as _, ExpectedVersion, NewEvent, Payload, SchemaVersion,
        StreamAppend, StreamId,
    };

    use super::*;

    async fn append(store: &SqliteStore) {
        let category = Category::new("noted").expect("a name");
        let name = EventName::new("noted").expect("a name");
        let payload = Payload::from_json("{}").expect("JSON");
        let event = NewEvent::raw(name, SchemaVersion::FIRST, payload);
        let stream = StreamId::new(category, uuid::Uuid::now_v7());
        let append = StreamAppend::new(stream, ExpectedVersion::NoStream, vec![event]);
        store.append(append).await.expect("it can be appended");
    }

    /// Longer than a busy machine may take.
    const PATIENCE: Duration = Duration::from_secs(20);

    async fn woken(wakes: &mut Wakes, by: &str) {
        let woken = tokio::time::timeout(PATIENCE, wakes.next()).await;
        woken.unwrap_or_else(|_| panic!("{by} wakes nobody"));
    }

    /// Until the watch is at rest.
    async fn quiet(wakes: &mut Wakes) {
        let rest = PAUSE * 4;
        while tokio::time::timeout(rest, wakes.next()).await.is_ok() {}
    }

    async fn until(what: &str, is_so: impl Fn() -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !is_so() {
            assert!(tokio::time::Instant::now() < deadline, "{what}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn is_running(store: &SqliteStore) -> bool {
        lock(&store.watch().running).as_ref().is_some_and(|running| !running.is_finished())
    }

    #[tokio::test]
    async fn an_append_of_another_process_wakes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store.db");
        let one = SqliteStore::open(&path).await.expect("a file");
        let other = SqliteStore::open(&path).await.expect("the same file");
        let (mut wakes, mut second) = (one.listen(), one.listen());
        quiet(&mut wakes).await;
        for _ in 0..3 {
            append(&other).await;
            woken(&mut wakes, "an append of another process").await;
            woken(&mut second, "an append of another process").await;
            quiet(&mut wakes).await;
            quiet(&mut second).await;
        }
        one.settled().await.expect("it can be read");
        let woken = tokio::time::timeout(PAUSE * 4, wakes.next()).await;
        assert!(woken.is_err(), "nothing was written");
    }

    #[tokio::test]
    async fn the_task_ends_when_nobody_listens_and_begins_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("store.db")).await.expect("a file");
        assert!(!is_running(&store), "nobody has listened yet");
        for _ in 0..2 {
            let wakes = store.listen();
            assert!(is_running(&store));
            drop(wakes);
            until("nobody listens any more", || !is_running(&store)).await;
        }
    }

    #[test]
    fn a_runtime_that_ends_takes_the_task_along_and_the_next_one_has_another() {
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store.db");
        let first = runtime().expect("a runtime");
        let open = async {
            let store = SqliteStore::open(&path).await.expect("a file");
            let wakes = store.listen();
            tokio::time::sleep(PAUSE * 2).await;
            (store, wakes)
        };
        let (store, _wakes) = first.block_on(open);
        drop(first);
        runtime().expect("a runtime").block_on(async {
            let mut wakes = store.listen();
            quiet(&mut wakes).await;
            append(&SqliteStore::open(&path).await.expect("the same file")).await;
            woken(&mut wakes, "what the new runtime watches").await;
            store.close().await;
            let left = std::fs::read_dir(folder.path()).expect("the folder").count();
            assert_eq!(left, 1, "no connection is open: there is but the file itself");
            let _late = store.listen();
            assert!(!is_running(&store), "a store that is closed watches nothing");
        });
    }

    #[tokio::test]
    async fn who_listens_keeps_no_store_alive() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("store.db")).await.expect("a file");
        let running = store.watch().running.clone();
        let _wakes = store.listen();
        let task = lock(&running).clone().expect("it runs");
        tokio::time::sleep(PAUSE * 2).await;
        drop(store);
        until("the task is still there", || task.is_finished()).await;
    }
}
