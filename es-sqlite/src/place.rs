//! Where a database is, and how connections to it are made.

use std::fmt;
use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use uuid::Uuid;

use crate::config::{Durability, SqliteConfig};
use crate::decimal;

/// Rows that a connection has read ahead of whoever asked for them.
const READ_AHEAD: usize = 256;

/// Prepared statements per connection. The store has about 60 of its own, and 5 per read model.
const STATEMENTS: usize = 256;

/// A database: a file, or a piece of this process's memory.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    File(PathBuf),
    /// By a name that nobody else has.
    Memory(Uuid),
}

impl Place {
    pub(crate) fn file(path: &Path) -> Self {
        Self::File(path.to_owned())
    }

    pub(crate) fn memory() -> Self {
        Self::Memory(Uuid::now_v7())
    }

    pub(crate) const fn is_memory(&self) -> bool {
        matches!(self, Self::Memory(_))
    }

    /// How a connection that may write is made.
    pub(crate) fn options(&self, config: &SqliteConfig) -> SqliteConnectOptions {
        let options = SqliteConnectOptions::new()
            .busy_timeout(config.get_patience())
            .foreign_keys(true)
            .statement_cache_capacity(STATEMENTS)
            .row_buffer_size(READ_AHEAD)
            .collation(decimal::COLLATION, decimal::compare);
        match self {
            // Two connections of one process see the same memory when its name begins with a slash.
            Self::Memory(name) => options.filename(format!("/es-{name}")).vfs("memdb"),
            Self::File(path) => options
                .filename(path)
                .create_if_missing(config.get_create())
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(match config.get_durability() {
                    Durability::Full => SqliteSynchronous::Full,
                    Durability::Normal => SqliteSynchronous::Normal,
                }),
        }
    }

    /// How one that only reads is made. It opens the file for writing too: readers have a part in the log of what was written
    /// that goes with it.
    pub(crate) fn reader_options(&self, config: &SqliteConfig) -> SqliteConnectOptions {
        self.options(config).create_if_missing(false).pragma("query_only", "on")
    }

    pub(crate) fn pool_options(config: &SqliteConfig, connections: u32) -> SqlitePoolOptions {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(config.get_patience())
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "`{}`", path.display()),
            Self::Memory(_) => f.write_str("the database in memory"),
        }
    }
}
