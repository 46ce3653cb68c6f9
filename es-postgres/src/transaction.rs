//! Opening transactions so that the caller may be dropped at any point.

use std::time::Duration;

use es_core::{Cause, StoreError};
use sqlx::{AssertSqlSafe, Postgres, Transaction};

use crate::error::store_error;
use crate::store::PgStore;

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

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
        self.transaction_within(None).await
    }

    /// As [`transaction`](Self::transaction). The server ends the session when nothing comes from it for longer than
    /// `idle`: a process that was stopped would keep its locks otherwise. In the same round trip.
    pub(crate) async fn transaction_within(
        &self,
        idle: Option<Duration>,
    ) -> Result<Transaction<'static, Postgres>, StoreError> {
        let begin = match idle {
            None => BEGIN.to_owned(),
            // A setting takes no bound value; this is a number. 0 would mean that there is no limit.
            Some(idle) => {
                let millis = idle.as_millis().clamp(1, i32::MAX.cast_unsigned().into());
                format!("{BEGIN}; SET LOCAL idle_in_transaction_session_timeout = {millis}")
            }
        };
        let pool = self.pool().clone();
        // A task of its own runs to the end whatever becomes of the caller, and what it has opened for nobody is rolled
        // back like any transaction that is dropped. Nothing of it outlives that.
        let mut again = self.again();
        let opening = async move {
            loop {
                match pool.begin_with(AssertSqlSafe(begin.clone())).await {
                    Err(error) if again.allows(&error) => {}
                    opened => return opened,
                }
            }
        };
        match tokio::spawn(opening).await {
            Ok(opened) => opened.map_err(|e| store_error(&e)),
            Err(ended) => Err(StoreError::Unavailable(Cause::new(ended))),
        }
    }
}
