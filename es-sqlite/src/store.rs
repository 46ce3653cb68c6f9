//! The store itself: one connection that writes, and some that read.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use es_core::{Signal, StoreError};
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Sqlite, SqliteConnection, SqlitePool};
use tokio::time::Instant;

use crate::config::SqliteConfig;
use crate::error::{is_busy, store_error};
use crate::migrate;
use crate::place::Place;
use crate::together::Together;
use crate::wake::Watch;
use crate::writing::{Statement, Writing};

/// An event store in an SQLite file. Clones share its connections, so a program needs one `SqliteStore` per file; several
/// processes may have the same file open.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), es_core::StoreError> {
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("bank.db");
/// use es_sqlite::SqliteStore;
/// let store = SqliteStore::open(&path).await?;
/// # store.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    place: Place,
    config: SqliteConfig,
    /// Of one connection: there is one writer at a time anyway, and here it is known who is next.
    writer: SqlitePool,
    readers: SqlitePool,
    together: Together,
    appended: Signal,
    watch: Watch,
    /// Keeps a database in memory alive while no other connection is open.
    _anchor: Option<std::sync::Mutex<SqliteConnection>>,
}

impl SqliteStore {
    /// Opens a file with the default [`SqliteConfig`], and makes it if it is not there.
    ///
    /// # Errors
    /// As [`open_with`](Self::open_with).
    pub async fn open(path: impl AsRef<Path> + Send) -> Result<Self, StoreError> {
        Self::open_with(path, SqliteConfig::default()).await
    }

    /// Opens a file, makes it if it is not there, and makes or upgrades the store's tables in it. Tables of the program's own
    /// may be in the same file.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the file is no SQLite database; [`StoreError::Schema`] when it was upgraded by a newer
    /// program; [`StoreError::Unsafe`] when it was upgraded from other scripts, or is where several processes cannot share it;
    /// [`StoreError::Unavailable`] when another process keeps it locked; [`StoreError::Other`] when it cannot be opened or
    /// written, because of its folder or its rights.
    pub async fn open_with(
        path: impl AsRef<Path> + Send,
        config: SqliteConfig,
    ) -> Result<Self, StoreError> {
        Self::at(Place::file(path.as_ref()), config).await
    }

    /// An empty store in memory, which is gone with its last clone: for tests of what is to run on a file, and of SQL.
    ///
    /// # Errors
    /// [`StoreError`] when SQLite cannot be started.
    pub async fn in_memory() -> Result<Self, StoreError> {
        Self::in_memory_with(SqliteConfig::default()).await
    }

    /// As [`in_memory`](Self::in_memory), with a configuration.
    ///
    /// # Errors
    /// [`StoreError`] when SQLite cannot be started.
    pub async fn in_memory_with(config: SqliteConfig) -> Result<Self, StoreError> {
        Self::at(Place::memory(), config).await
    }

    async fn at(place: Place, config: SqliteConfig) -> Result<Self, StoreError> {
        Self::opened(place.clone(), config).await.map_err(|error| place.named(error))
    }

    async fn opened(place: Place, config: SqliteConfig) -> Result<Self, StoreError> {
        let first = place.first_connection(&config).await?;
        let anchor = if place.is_memory() {
            Some(std::sync::Mutex::new(first))
        } else {
            first.close().await.map_err(|e| store_error(&e))?;
            None
        };
        let writer = Place::pool_options(&config, 1).connect_lazy_with(place.options(&config));
        let readers = Place::pool_options(&config, config.get_readers())
            .connect_lazy_with(place.reader_options(&config));
        let watch = Watch::new(&place, &config);
        let (together, appended) = (Together::default(), Signal::new());
        let inner =
            Inner { place, config, writer, readers, together, appended, watch, _anchor: anchor };
        let store = Self { inner: Arc::new(inner) };
        let mut reader = store.reader().await?;
        let due = migrate::is_due(&mut reader).await?;
        drop(reader);
        if due {
            migrate::migrate(store.write().await?).await?;
        }
        Ok(store)
    }

    /// Ends all connections, once those in use are given back. What is asked of the store afterwards fails. A file that no
    /// other process has open is then one file: what was written is no longer partly in a log beside it.
    pub async fn close(&self) {
        self.inner.watch.close().await;
        self.inner.readers.close().await;
        self.inner.writer.close().await;
    }

    /// The connections that read, for the program's own queries. They cannot write.
    pub fn pool(&self) -> &SqlitePool {
        &self.inner.readers
    }

    pub(crate) fn place(&self) -> &Place {
        &self.inner.place
    }

    pub(crate) fn config(&self) -> &SqliteConfig {
        &self.inner.config
    }

    pub(crate) fn together(&self) -> &Together {
        &self.inner.together
    }

    pub(crate) fn signal(&self) -> &Signal {
        &self.inner.appended
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.inner.watch
    }

    /// A connection that reads.
    pub(crate) async fn reader(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.inner.readers.acquire().await.map_err(|e| store_error(&e))
    }

    /// A transaction that may write, once those who came before have ended theirs.
    pub(crate) async fn write(&self) -> Result<Writing, StoreError> {
        let writer = self.inner.writer.acquire().await.map_err(|e| store_error(&e))?;
        Writing::begin(writer).await.map_err(|e| store_error(&e))
    }

    /// A statement that writes, in a transaction of its own. Gives how many rows it changed.
    pub(crate) async fn change(&self, statement: Statement) -> Result<u64, StoreError> {
        let mut writing = self.write().await?;
        let done = writing.run(statement).await;
        writing.end(done).await
    }
}

impl Place {
    /// Opens the database by itself, as a pool would go on trying until its timeout and then not say what the matter is.
    async fn first_connection(
        &self,
        config: &SqliteConfig,
    ) -> Result<SqliteConnection, StoreError> {
        let deadline = Instant::now() + config.get_patience();
        loop {
            match SqliteConnection::connect_with(&self.options(config)).await {
                // To begin the log of what was written takes a lock that SQLite does not wait for.
                Err(error) if is_busy(&error) && Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                opened => return opened.map_err(|e| store_error(&e)),
            }
        }
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("place", self.place())
            .field("config", self.config())
            .finish_non_exhaustive()
    }
}
