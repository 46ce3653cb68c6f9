//! The knobs of a store, each with its default.

use std::time::Duration;

use es_core::Limits;

/// How an [`SqliteStore`](crate::SqliteStore) opens its file and what it accepts.
///
/// ```
/// use es_sqlite::{Durability, SqliteConfig};
/// let config = SqliteConfig::new().durability(Durability::Normal).readers(8);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SqliteConfig {
    durability: Durability,
    readers: u32,
    patience: Duration,
    create: bool,
    limits: Limits,
}

/// What has survived when the machine loses its power. When only the program dies, by `kill -9` even, everything has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Every append that was answered: each transaction waits until the disk has it (`synchronous = FULL`).
    #[default]
    Full,
    /// The file is whole, but the last appends before the loss may be gone although they were answered; with them whatever
    /// was told to others on the strength of them. A transaction no longer waits for the disk (`synchronous = NORMAL`), so
    /// a caller who is alone gets many times the throughput; callers who come together share their waiting anyway.
    Normal,
}

impl Default for SqliteConfig {
    fn default() -> Self {
        Self {
            durability: Durability::Full,
            readers: 4,
            patience: Duration::from_secs(10),
            create: true,
            limits: Limits::default(),
        }
    }
}

impl SqliteConfig {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// What survives a loss of power (default [`Durability::Full`]).
    pub const fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// How many connections read at once (default 4, at least 1), each in a thread of its own, beside the one that writes.
    pub const fn readers(mut self, readers: u32) -> Self {
        self.readers = if readers == 0 { 1 } else { readers };
        self
    }

    /// How long to wait for the file while another process writes, and for those of this process who came before, until
    /// the store counts as unavailable (default 10 s).
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Whether the file is made when it is not there (default true). Its folder never is.
    pub const fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// What an append may hold.
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(crate) const fn get_durability(&self) -> Durability {
        self.durability
    }

    pub(crate) const fn get_readers(&self) -> u32 {
        self.readers
    }

    pub(crate) const fn get_patience(&self) -> Duration {
        self.patience
    }

    pub(crate) const fn get_create(&self) -> bool {
        self.create
    }

    pub(crate) const fn get_limits(&self) -> Limits {
        self.limits
    }
}
