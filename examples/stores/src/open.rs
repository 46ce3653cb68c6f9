//! Opening the store that an argument names.

use std::io;
use std::path::{Path, PathBuf};

use es_core::{MemoryStore, StoreError};
use es_postgres::PgStore;
use es_sqlite::{SqliteConfig, SqliteStore};
use thiserror::Error;

use crate::argument::StoreArgument;

/// A store that was opened; [`on_store!`](crate::on_store) runs the same code on whichever it is.
#[derive(Debug, Clone)]
pub enum Store {
    /// In memory.
    Memory(MemoryStore),
    /// In a file.
    Sqlite(SqliteStore),
    /// In a database.
    Postgres(PgStore),
}

/// Why a store was not opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder of the file is not there and cannot be made.
    #[error("the folder `{}` cannot be made", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// The store was to be there already.
    #[error("there is no file `{}`", path.display())]
    Missing {
        /// Its file.
        path: PathBuf,
    },
    /// The store cannot be reached or used.
    #[error("the store {store} cannot be used")]
    Store {
        /// Which.
        store: StoreArgument,
        /// What it says.
        #[source]
        cause: StoreError,
    },
}

impl StoreArgument {
    /// Opens the store, and makes what is not there: the folder, the file, the tables.
    ///
    /// # Errors
    /// [`OpenError`] says why it could not be.
    pub async fn open(&self) -> Result<Store, OpenError> {
        if let Self::Sqlite(path) = self {
            make_folder_of(path)?;
        }
        self.open_with(true).await
    }

    /// Opens a store that is there already, and makes nothing.
    ///
    /// # Errors
    /// [`OpenError::Missing`] when there is no such file; another [`OpenError`] as for [`open`](Self::open).
    pub async fn open_existing(&self) -> Result<Store, OpenError> {
        if let Self::Sqlite(path) = self
            && matches!(path.try_exists(), Ok(false))
        {
            return Err(OpenError::Missing { path: path.clone() });
        }
        self.open_with(false).await
    }

    async fn open_with(&self, create: bool) -> Result<Store, OpenError> {
        let opened = match self {
            Self::Memory => Ok(Store::Memory(MemoryStore::new())),
            Self::Sqlite(path) => {
                let config = SqliteConfig::new().create(create);
                SqliteStore::open_with(path, config).await.map(Store::Sqlite)
            }
            Self::Postgres(url) => connect(url.text(), create).await.map(Store::Postgres),
        };
        opened.map_err(|cause| OpenError::Store { store: self.clone(), cause })
    }
}

fn make_folder_of(file: &Path) -> Result<(), OpenError> {
    let Some(path) = file.parent() else { return Ok(()) };
    std::fs::create_dir_all(path)
        .map_err(|cause| OpenError::Folder { path: path.to_owned(), cause })
}

async fn connect(url: &str, migrate: bool) -> Result<PgStore, StoreError> {
    let store = PgStore::connect(url).await?;
    if migrate {
        store.migrate().await?;
    }
    Ok(store)
}

impl Store {
    /// Ends the connections to a file, so that it is one file again and not partly in a log beside it. The others need no
    /// farewell.
    pub async fn close(self) {
        if let Self::Sqlite(store) = self {
            store.close().await;
        }
    }
}

/// Runs an expression on a store of whatever kind, which it sees under the given name: by reference, when it is given one.
/// It is compiled for each kind, so it is best a call of a generic function.
#[macro_export]
macro_rules! on_store {
    ($store:expr, |$name:ident| $body:expr) => {
        match $store {
            $crate::Store::Memory($name) => $body,
            $crate::Store::Sqlite($name) => $body,
            $crate::Store::Postgres($name) => $body,
        }
    };
}
