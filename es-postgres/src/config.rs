//! The knobs of a store, each with its default.

use std::time::Duration;

use es_core::Limits;
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// After so long without use a connection is looked at before it is used again.
const IDLE: Duration = Duration::from_secs(5);

/// Connections beyond what is needed are closed after so long without use.
const UNUSED: Duration = Duration::from_mins(10);

/// After so long a connection is closed in any case: the server's memory for it grows, and the address may have moved.
const LIFETIME: Duration = Duration::from_mins(30);

/// Prepared statements per connection. The store has about 60 of its own, and 5 per read model.
const STATEMENTS: usize = 256;

/// How a [`PgStore`](crate::PgStore) connects and what it accepts.
///
/// ```
/// use es_postgres::PgConfig;
/// let config = PgConfig::new().max_connections(4).application_name("billing");
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct PgConfig {
    max_connections: u32,
    subscription_connections: u32,
    acquire_timeout: Duration,
    outcome_timeout: Duration,
    append_lanes: usize,
    load_lanes: usize,
    application_name: String,
    limits: Limits,
}

impl Default for PgConfig {
    fn default() -> Self {
        Self {
            max_connections: 10,
            subscription_connections: 4,
            acquire_timeout: Duration::from_secs(10),
            outcome_timeout: Duration::from_secs(20),
            append_lanes: 2,
            load_lanes: 2,
            application_name: "es".to_owned(),
            limits: Limits::default(),
        }
    }
}

impl PgConfig {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The most connections that commands, and the program's own transactions, have open at once (default 10).
    pub const fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = connections;
        self
    }

    /// The most connections that subscriptions have open at once (default 4), in a pool of their own: the pages of the log,
    /// what is settled, leases, one per batch that is open, and the writing of snapshots. So they cannot keep commands waiting, nor commands them.
    /// Parts that run at once beyond this number take turns. One more listens to other processes.
    ///
    /// With 0 they share the connections of the commands.
    pub const fn subscription_connections(mut self, connections: u32) -> Self {
        self.subscription_connections = connections;
        self
    }

    /// How long to wait for a connection, or for those who came before, until the store counts as unavailable (default
    /// 10 s).
    pub const fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// How long an append whose connection broke may take to learn what became of it (default 20 s), before it
    /// answers [`OutcomeUnknown`](es_core::AppendError::OutcomeUnknown).
    pub const fn outcome_timeout(mut self, timeout: Duration) -> Self {
        self.outcome_timeout = timeout;
        self
    }

    /// How many statements of [`append`](es_core::EventStore::append) are under way at once (default 2, at least 1). While
    /// they are, further appends wait and then go together as the next statement, so more lanes mean smaller statements:
    /// two keep the server busy while answers and requests travel.
    pub const fn append_lanes(mut self, lanes: usize) -> Self {
        self.append_lanes = if lanes == 0 { 1 } else { lanes };
        self
    }

    /// How many streams are loaded at once with a statement each (default 2, at least 1), and how many statements for
    /// several streams are under way beside them: further loads wait and then go together as the next one.
    pub const fn load_lanes(mut self, lanes: usize) -> Self {
        self.load_lanes = if lanes == 0 { 1 } else { lanes };
        self
    }

    /// The name that PostgreSQL shows for the connections (default `es`), unless the URL sets one. Those of subscriptions
    /// have `-subscriptions` behind it.
    pub fn application_name(mut self, name: impl Into<String>) -> Self {
        self.application_name = name.into();
        self
    }

    /// What an append may hold.
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(crate) const fn get_limits(&self) -> Limits {
        self.limits
    }

    pub(crate) const fn get_max_connections(&self) -> usize {
        self.max_connections as usize
    }

    pub(crate) const fn get_append_lanes(&self) -> usize {
        self.append_lanes
    }

    pub(crate) const fn get_load_lanes(&self) -> usize {
        self.load_lanes
    }

    pub(crate) const fn get_acquire_timeout(&self) -> Duration {
        self.acquire_timeout
    }

    pub(crate) const fn get_outcome_timeout(&self) -> Duration {
        self.outcome_timeout
    }

    /// The pool as we want it: no round trip before each statement to see whether the connection still lives, only
    /// before one on a connection that was idle for a while. Else a dead connection is noticed by what meets it.
    pub(crate) fn pool_options(&self) -> PgPoolOptions {
        PgPoolOptions::new()
            .max_connections(self.max_connections)
            .acquire_timeout(self.acquire_timeout)
            .idle_timeout(UNUSED)
            .max_lifetime(LIFETIME)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > IDLE {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
    }

    /// `None` when subscriptions share the pool of the commands.
    pub(crate) fn subscription_pool_options(&self) -> Option<PgPoolOptions> {
        let connections = self.subscription_connections;
        (connections > 0).then(|| self.pool_options().max_connections(connections))
    }

    /// Of the connections that [`connect_options`](Self::connect_options) describe, those for subscriptions.
    pub(crate) fn subscription_options(&self, options: PgConnectOptions) -> PgConnectOptions {
        let name = options.get_application_name().unwrap_or(&self.application_name);
        let name = format!("{name}-subscriptions");
        options.application_name(&name)
    }

    /// The connections as we want them. Generic plans: the planner would price the plan of a statement on arrays at ten
    /// rows and so plan anew at every execution, which costs more than the statement itself.
    pub(crate) fn connect_options(&self, options: PgConnectOptions) -> PgConnectOptions {
        let options = options.options([
            ("plan_cache_mode", "force_generic_plan"),
            ("default_transaction_isolation", "read committed"),
            // Seconds. A client that is gone without a word keeps its locks until the server notices.
            ("tcp_keepalives_idle", "30"),
            ("tcp_keepalives_interval", "10"),
            ("tcp_keepalives_count", "3"),
        ]);
        let options = options.statement_cache_capacity(STATEMENTS);
        match options.get_application_name() {
            Some(_) => options,
            None => options.application_name(&self.application_name),
        }
    }
}
