//! Where events are kept.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

/// A kind of store. What is measured on one is compared with nothing on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Store {
    /// Databases on a server.
    Postgres,
    /// Files.
    Sqlite,
}

impl Store {
    /// In the order in which they are measured.
    pub(crate) const ALL: [Self; 2] = [Self::Postgres, Self::Sqlite];
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        })
    }
}
