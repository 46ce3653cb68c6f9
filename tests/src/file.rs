//! A fresh SQLite file per test.

use std::path::PathBuf;

use es_sqlite::{SqliteConfig, SqliteStore};

/// A file in a folder of its own, which is removed when this is dropped.
#[derive(Debug)]
pub struct TestFile(tempfile::TempDir);

impl TestFile {
    /// A folder; the file is made by whoever opens it first.
    ///
    /// # Panics
    /// When no folder can be made.
    #[must_use]
    pub fn create() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.0.path().join("store.db")
    }

    /// Opens it.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn store(&self) -> SqliteStore {
        self.store_with(SqliteConfig::new()).await
    }

    /// Opens it with a configuration.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn store_with(&self, config: SqliteConfig) -> SqliteStore {
        SqliteStore::open_with(self.path(), config).await.expect("the file can be opened")
    }
}
