//! The store itself: a pool, and what is known about the database behind it.

use std::fmt;
use std::sync::Arc;

use es_core::StoreError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection, PgPool};

use crate::append::{Appends, appends};
use crate::config::PgConfig;
use crate::error::store_error;
use crate::guard::{self, Guard};
use crate::lines::{Line, Lines};
use crate::load::Loads;
use crate::migrate;
use crate::settled::Settled;
use crate::wake::WakeUps;

/// An event store on PostgreSQL. Clones share one pool, so a program needs one `PgStore` per database.
///
/// ```no_run
/// # async fn example() -> Result<(), es_core::StoreError> {
/// use es_postgres::PgStore;
/// let store = PgStore::connect("postgres://localhost/bank").await?;
/// store.migrate().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PgStore {
    inner: Arc<Inner>,
}

/// On whose behalf a connection is used. Each has a pool of its own, so that neither keeps the other waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// Appends, loads, queries of read models, and transactions of the program.
    Command,
    /// What follows the log: its pages, what is settled, batches, leases, notifications; and snapshots, which nobody waits for.
    Subscription,
}

struct Inner {
    commands: Arc<Lines>,
    subscriptions: Arc<Lines>,
    config: PgConfig,
    guard: Guard,
    settled: Settled,
    wake_ups: WakeUps,
    appends: Appends,
    loads: Loads,
}

impl PgStore {
    /// Connects with the default [`PgConfig`].
    ///
    /// # Errors
    /// As [`connect_with`](Self::connect_with).
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_with(url, PgConfig::default()).await
    }

    /// Connects to the database that a `postgres://…` URL names.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the server cannot be reached or takes no connection,
    /// [`StoreError::Other`] when the URL is none or the server refuses the user.
    pub async fn connect_with(url: &str, config: PgConfig) -> Result<Self, StoreError> {
        let options: PgConnectOptions = url.parse().map_err(|e| store_error(&e))?;
        let options = config.connect_options(options);
        // By itself, as the pool would go on trying until its timeout and then not say what the matter is.
        let first = tokio::time::timeout(
            config.get_acquire_timeout(),
            PgConnection::connect_with(&options),
        );
        let first =
            first.await.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(|e| store_error(&e))?;
        first.close().await.map_err(|e| store_error(&e))?;
        let commands = Lines::new(config.pool_options().connect_lazy_with(options.clone()));
        let subscriptions = match config.subscription_pool_options() {
            Some(pool) => Lines::new(pool.connect_lazy_with(config.subscription_options(options))),
            None => commands.clone(),
        };
        Ok(Self::new(commands, subscriptions, config))
    }

    /// A store on a pool that the program has anyway. Appends are slower by their planning time, and long streams are read by
    /// a slower plan, unless the pool's connections set `plan_cache_mode=force_generic_plan`; without
    /// `test_before_acquire(false)` the pool asks the server before each use of a connection whether it is there, which is
    /// one more round trip. Subscriptions share it: how many connections there are is for
    /// the program to say, so it must be large enough for the batches that are open at once and the commands beside them.
    pub fn from_pool(pool: PgPool) -> Self {
        let lines = Lines::new(pool);
        Self::new(lines.clone(), lines, PgConfig::default())
    }

    fn new(commands: Arc<Lines>, subscriptions: Arc<Lines>, config: PgConfig) -> Self {
        let (guard, settled, wake_ups) = (Guard::default(), Settled::default(), WakeUps::new());
        let (appends, loads) = (appends(&config), Loads::new(&config));
        Self {
            inner: Arc::new(Inner {
                commands,
                subscriptions,
                config,
                guard,
                settled,
                wake_ups,
                appends,
                loads,
            }),
        }
    }

    /// Makes the schema `es`, or upgrades it. Any number of processes may call it at once.
    ///
    /// # Errors
    /// [`StoreError::Schema`] when the database was upgraded by a newer program, [`StoreError::Unsafe`] when it was
    /// upgraded from other scripts, and the errors of the server, such as a missing permission.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        migrate::migrate(self.transaction().await?).await
    }

    /// The pool, for the program's own statements; transactions are better opened with [`transaction`](Self::transaction).
    pub fn pool(&self) -> &PgPool {
        self.lines(By::Command).pool()
    }

    pub(crate) fn lines(&self, by: By) -> &Arc<Lines> {
        match by {
            By::Command => &self.inner.commands,
            By::Subscription => &self.inner.subscriptions,
        }
    }

    pub(crate) fn config(&self) -> &PgConfig {
        &self.inner.config
    }

    pub(crate) fn guard(&self) -> &Guard {
        &self.inner.guard
    }

    pub(crate) fn settled_log(&self) -> &Settled {
        &self.inner.settled
    }

    pub(crate) fn appends(&self) -> &Appends {
        &self.inner.appends
    }

    pub(crate) fn loads(&self) -> &Loads {
        &self.inner.loads
    }

    pub(crate) fn wake_ups(&self) -> &WakeUps {
        &self.inner.wake_ups
    }

    /// A connection to a database that is known to be in order.
    pub(crate) async fn acquire(&self, by: By) -> Result<Line, StoreError> {
        self.ready().await?;
        self.lines(by).line().await
    }

    /// The database is in order. Gives its connection back at once: what comes next takes its own.
    pub(crate) async fn ready(&self) -> Result<(), StoreError> {
        if self.guard().is_passed() {
            return Ok(());
        }
        let found = self.ask_anyway(By::Command, guard::look).await?;
        found.into_iter().try_for_each(|found| self.guard().judge(found))
    }
}

impl fmt::Debug for PgStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the pool: its options hold the password.
        f.debug_struct("PgStore")
            .field("config", self.config())
            .field("connections", &self.pool().size())
            .finish_non_exhaustive()
    }
}
