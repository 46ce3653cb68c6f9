//! Where a database is, and how connections to it are made.

use std::fmt;
use std::path::{Path, PathBuf};

use es_core::{Cause, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use thiserror::Error;
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
    /// SQLite would take a name that begins with `file:` for an address, and `:memory:` for something else again.
    pub(crate) fn file(path: &Path) -> Self {
        Self::File(if path.is_absolute() { path.to_owned() } else { Path::new(".").join(path) })
    }

    pub(crate) fn memory() -> Self {
        Self::Memory(Uuid::now_v7())
    }

    pub(crate) const fn is_memory(&self) -> bool {
        matches!(self, Self::Memory(_))
    }

    /// An error while the database was opened, with the place where that was.
    pub(crate) fn named(&self, error: StoreError) -> StoreError {
        let at = |cause| Cause::new(CannotOpen { place: self.clone(), cause });
        match error {
            StoreError::Corrupt { what } => StoreError::Corrupt { what: format!("{self}: {what}") },
            StoreError::Unavailable(cause) => StoreError::Unavailable(at(cause)),
            StoreError::Other(cause) => StoreError::Other(at(cause)),
            other => other,
        }
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

/// Why a database cannot be opened.
#[derive(Debug, Error)]
#[error("{place} cannot be opened")]
struct CannotOpen {
    place: Place,
    #[source]
    cause: Cause,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "`{}`", path.display()),
            Self::Memory(_) => f.write_str("the database in memory"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_a_file_means_something_else() {
        for name in [":memory:", "file:bank.db?mode=memory", "bank.db", ""] {
            let Place::File(path) = Place::file(Path::new(name)) else { panic!("it is a file") };
            assert_eq!(path.to_str(), Some(format!("./{name}").as_str()));
        }
        assert_eq!(Place::file(Path::new("/a/b")).to_string(), "`/a/b`");
    }
}
