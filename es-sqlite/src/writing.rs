//! A transaction that writes: there is one at a time, in all processes together.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use es_core::{Cause, StoreError};
use sqlx::pool::PoolConnection;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Executor as _, Sqlite, SqliteConnection};

use crate::error::store_error;

/// One that has what it needs, and is not run yet.
pub(crate) type Statement = Query<'static, Sqlite, SqliteArguments>;

/// An open transaction on the connection that writes. It holds the file's write lock from its beginning, so nothing that it
/// reads can be changed by others until it has ended, and it cannot fail half way because somebody else came first.
///
/// Dropped, it is rolled back, by closing the connection: a statement may be under way that nobody hears of any more.
pub(crate) struct Writing {
    connection: PoolConnection<Sqlite>,
    open: bool,
    /// Somebody else has the connection; true once he has ended the transaction.
    lent: Option<Arc<AtomicBool>>,
}

impl Writing {
    /// Waits for the write lock.
    pub(crate) async fn begin(connection: PoolConnection<Sqlite>) -> Result<Self, sqlx::Error> {
        let mut writing = Self { connection, open: true, lent: None };
        match writing.connection.execute("BEGIN IMMEDIATE").await {
            Ok(_) => Ok(writing),
            Err(error) => {
                writing.open = false;
                Err(error)
            }
        }
    }

    /// Runs one statement, and gives how many rows it changed.
    pub(crate) async fn run(&mut self, statement: Statement) -> Result<u64, StoreError> {
        let done = statement.execute(&mut *self.connection).await;
        done.map(|done| done.rows_affected()).map_err(|e| store_error(&e))
    }

    /// Commits. After an error nothing is stored if [`is_refusal`](crate::error::is_refusal) says so, and nobody knows otherwise.
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        match self.connection.execute("COMMIT").await {
            Ok(_) => {
                self.open = false;
                Ok(())
            }
            Err(error) => {
                self.roll_back().await;
                Err(error)
            }
        }
    }

    /// Before somebody else is given the connection: what he does, he can neither commit nor roll back unnoticed.
    ///
    /// # Errors
    /// When somebody has ended the transaction who had it before.
    pub(crate) async fn lend(&mut self) -> Result<(), StoreError> {
        if self.lent.is_some() {
            return self.check();
        }
        let ended = Arc::new(AtomicBool::new(false));
        let noticed = ended.clone();
        let mut handle = self.connection.lock_handle().await.map_err(|e| store_error(&e))?;
        // SQLite then rolls back what was to be committed.
        handle.set_commit_hook(|| false);
        handle.set_rollback_hook(move || noticed.store(true, Ordering::Relaxed));
        drop(handle);
        self.lent = Some(ended);
        Ok(())
    }

    /// After that, before anything else is done.
    ///
    /// # Errors
    /// When the transaction was ended meanwhile: nothing of it is stored.
    pub(crate) async fn take_back(&mut self) -> Result<(), StoreError> {
        if self.lent.is_none() {
            return Ok(());
        }
        self.check()?;
        let mut handle = self.connection.lock_handle().await.map_err(|e| store_error(&e))?;
        handle.remove_commit_hook();
        handle.remove_rollback_hook();
        drop(handle);
        self.lent = None;
        Ok(())
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.lent.as_ref().is_some_and(|ended| ended.load(Ordering::Relaxed)) {
            let cause = Cause::new("a handler has ended the transaction that it runs in");
            return Err(StoreError::Other(cause));
        }
        Ok(())
    }

    /// Gives the connection back as it was before, or closes it when it was lent and not taken back.
    pub(crate) async fn roll_back(mut self) {
        if self.lent.is_some() {
            return;
        }
        // SQLite has rolled back by itself after some errors, and then says that there is nothing to roll back.
        let rolled_back = self.connection.execute("ROLLBACK").await;
        let nothing_left = rolled_back.is_ok()
            || rolled_back.is_err_and(|e| e.to_string().contains("no transaction is active"));
        self.open = !nothing_left;
    }

    /// Commits when all went well, and rolls back otherwise.
    pub(crate) async fn end<T>(self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        match done {
            Ok(answer) => self.commit().await.map(|()| answer).map_err(|e| store_error(&e)),
            Err(error) => {
                self.roll_back().await;
                Err(error)
            }
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.open {
            self.connection.close_on_drop();
        }
    }
}

impl Deref for Writing {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

impl fmt::Debug for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writing").field("open", &self.open).finish_non_exhaustive()
    }
}
