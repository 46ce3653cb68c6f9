//! Connections that stay out of the pool between two statements.
//!
//! The driver's pool asks the server, each time a connection comes back, whether it still lives: a round trip that the next
//! statement on that connection waits for. So a connection whose last statement was read to its end is kept here, ready
//! for the next one, and goes back to the pool only when it is not used for a while, when somebody else may be
//! waiting for it, or now and then, so that the pool can look at its age. One that was dropped in the middle of an answer
//! goes back at once: the pool clears it up.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use es_core::StoreError;
use futures_util::FutureExt as _;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres};
use tokio::runtime::Handle;

use crate::error::store_error;

/// A connection that lies idle for longer goes back to the pool.
const IDLE: Duration = Duration::from_millis(50);

/// While the pool is empty somebody unknown may wait for a connection of it: none stays out for longer.
const TURN: Duration = Duration::from_millis(50);

/// After so long the pool may look at a connection's age.
const SHIFT: Duration = Duration::from_secs(10);

/// A pool, and the connections of it that are kept ready.
#[derive(Debug)]
pub(crate) struct Lines {
    pool: PgPool,
    state: Mutex<State>,
    /// How many of the store's own wait for a connection of the pool.
    waiting: AtomicUsize,
    /// A pool with a least number of connections starts a task whenever a connection of it is dropped, which is not
    /// possible everywhere: nothing of it is kept.
    keeps: bool,
}

#[derive(Debug, Default)]
struct State {
    kept: Vec<Kept>,
    /// A task gives idle connections back.
    tended: bool,
}

#[derive(Debug)]
struct Kept {
    connection: PoolConnection<Postgres>,
    out_since: Instant,
    idle_since: Instant,
}

impl Lines {
    pub(crate) fn new(pool: PgPool) -> Arc<Self> {
        let keeps = pool.options().get_min_connections() == 0;
        Arc::new(Self { pool, state: Mutex::default(), waiting: AtomicUsize::new(0), keeps })
    }

    /// The pool, for whoever takes a connection out of it by himself: none is kept from him.
    pub(crate) fn pool(&self) -> &PgPool {
        if self.is_empty() {
            self.give_back(Duration::ZERO);
        }
        &self.pool
    }

    /// A connection: one that is ready, or one of the pool.
    pub(crate) async fn line(self: &Arc<Self>) -> Result<Line, StoreError> {
        let ready = self.state().kept.pop();
        let (connection, out_since) = if let Some(kept) = ready {
            (kept.connection, kept.out_since)
        } else {
            let _waits = self.wait();
            // Boxed: it is large, may open a connection, and would be part of every future that reads or appends.
            let fresh = self.pool.acquire().boxed().await.map_err(|e| store_error(&e))?;
            (fresh, Instant::now())
        };
        Ok(Line { connection, out_since, lines: self.clone() })
    }

    /// While this is held, the store waits for a connection of the pool, and none is kept if the pool has no other.
    pub(crate) fn wait(self: &Arc<Self>) -> impl Drop + Send + use<> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let waits = Waits(self.clone());
        let _ = self.pool();
        waits
    }

    /// The pool can give nobody a connection at once.
    fn is_empty(&self) -> bool {
        self.pool.num_idle() == 0 && self.pool.size() >= self.pool.options().get_max_connections()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(self: Arc<Self>, connection: PoolConnection<Postgres>, out_since: Instant) {
        let out = out_since.elapsed();
        let wanted = || self.waiting.load(Ordering::SeqCst) > 0 || out > TURN;
        if !self.keeps || self.pool.is_closed() || out > SHIFT || (self.is_empty() && wanted()) {
            // Dropping it gives it back.
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        let mut state = self.state();
        state.kept.push(Kept { connection, out_since, idle_since: Instant::now() });
        let tended = std::mem::replace(&mut state.tended, true);
        drop(state);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            // Who came meanwhile may have seen neither this connection here nor in the pool.
            let _ = self.pool();
        }
        if !tended {
            runtime.spawn(tend(Arc::downgrade(&self)));
        }
    }

    /// Those that were idle for so long.
    fn give_back(&self, idle: Duration) {
        let mut state = self.state();
        let now = Instant::now();
        let all = std::mem::take(&mut state.kept).into_iter();
        let (stay, go): (Vec<_>, Vec<_>) =
            all.partition(|kept| now.duration_since(kept.idle_since) < idle);
        state.kept = stay;
        drop(state);
        release(go);
    }

    /// Whether the task that tends them may end.
    fn is_deserted(&self) -> bool {
        let mut state = self.state();
        state.tended = !state.kept.is_empty();
        !state.tended
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        release(std::mem::take(&mut state.kept));
    }
}

/// Back to the pool; outside a runtime, which the pool needs for that, they are closed.
fn release(connections: Vec<Kept>) {
    let outside = Handle::try_current().is_err();
    for kept in connections {
        if outside {
            drop(kept.connection.detach());
        }
    }
}

/// Gives idle connections back until none is kept.
async fn tend(lines: Weak<Lines>) {
    // Also when its runtime ends before.
    let _tended = Tended(lines.clone());
    loop {
        tokio::time::sleep(IDLE).await;
        let Some(lines) = lines.upgrade() else { return };
        lines.give_back(IDLE);
        if lines.is_deserted() {
            return;
        }
    }
}

struct Tended(Weak<Lines>);

impl Drop for Tended {
    fn drop(&mut self) {
        if let Some(lines) = self.0.upgrade() {
            lines.state().tended = false;
        }
    }
}

struct Waits(Arc<Lines>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A connection in use. Dropped, it goes back to the pool.
#[derive(Debug)]
pub(crate) struct Line {
    connection: PoolConnection<Postgres>,
    out_since: Instant,
    lines: Arc<Lines>,
}

impl Line {
    /// Keeps the connection ready for the next statement. The last one was read to its end.
    pub(crate) fn keep(self) {
        self.lines.keep(self.connection, self.out_since);
    }
}

impl Deref for Line {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Line {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
