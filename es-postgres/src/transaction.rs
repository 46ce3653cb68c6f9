//! Opening transactions so that the caller may be dropped at any point.

use std::time::Duration;

use es_core::{Cause, StoreError};
use sqlx::{AssertSqlSafe, Postgres, Transaction};

use crate::error::store_error;
use crate::store::{By, PgStore};

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// How long a transaction's session may say nothing before the server ends it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Silence {
    /// As the server, the database or the user is set.
    AsSet,
    /// For as long as it takes.
    Unlimited,
    /// At least a millisecond. A process that was stopped would keep its locks otherwise.
    UpTo(Duration),
}

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
        self.transaction_within(By::Command, Silence::AsSet).await
    }

    /// As [`transaction`](Self::transaction), with a limit to its silence. In the same round trip.
    pub(crate) async fn transaction_within(
        &self,
        by: By,
        silence: Silence,
    ) -> Result<Transaction<'static, Postgres>, StoreError> {
        let millis = match silence {
            Silence::AsSet => None,
            Silence::Unlimited => Some(0),
            Silence::UpTo(limit) => {
                Some(limit.as_millis().clamp(1, i32::MAX.cast_unsigned().into()))
            }
        };
        let begin = match millis {
            None => BEGIN.to_owned(),
            // A setting takes no bound value; this is a number.
            Some(millis) => {
                format!("{BEGIN}; SET LOCAL idle_in_transaction_session_timeout = {millis}")
            }
        };
        let lines = self.lines(by).clone();
        // A task of its own runs to the end whatever becomes of the caller, and what it has opened for nobody is rolled
        // back like any transaction that is dropped. Nothing of it outlives that.
        let mut again = self.again(by);
        let opening = async move {
            let _waits = lines.wait();
            loop {
                match lines.pool().begin_with(AssertSqlSafe(begin.clone())).await {
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
