//! Opening transactions so that the caller may be dropped at any point.

use es_core::{Cause, StoreError};
use sqlx::{Postgres, Transaction};

use crate::error::store_error;
use crate::store::PgStore;

impl PgStore {
    /// Opens a transaction, for [`append_in`](Self::append_in) and the program's own statements. Dropped without a commit
    /// it is rolled back.
    ///
    /// Use this and not `pool().begin()`: when a future of the driver's `begin` is dropped while the server answers, the
    /// connection goes back to the pool *inside* the transaction. Whoever gets it next, this store's appends included,
    /// is told that his work is done, and it is never committed.
    ///
    /// The isolation level is READ COMMITTED, at which an append that has waited for another one sees what that one
    /// has done.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is no connection to be had.
    pub async fn transaction(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let pool = self.pool().clone();
        // A task of its own runs to the end whatever becomes of the caller, and what it has opened for nobody is rolled
        // back like any transaction that is dropped. Nothing of it outlives that.
        let begin =
            tokio::spawn(
                async move { pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await },
            );
        match begin.await {
            Ok(begun) => begun.map_err(|e| store_error(&e)),
            Err(ended) => Err(StoreError::Unavailable(Cause::new(ended))),
        }
    }
}
