//! Reads that meet a dead connection are sent again on another one.
//!
//! A connection may die while it lies in the pool: the server restarts, an administrator ends the session, a firewall
//! forgets it. Whoever takes it next notices. A statement that changes nothing can simply be sent again, as long as
//! nothing of its answer has been given to the caller.

use es_core::StoreError;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::QueryAs;
use sqlx::{FromRow, Postgres};

use crate::error::{is_broken, store_error};
use crate::store::PgStore;

/// How many more dead connections may be met. Each one leaves the pool, so it is bounded by the pool's size: a server
/// that ends every session is not asked for ever.
#[derive(Debug)]
pub(crate) struct Again(u32);

impl Again {
    /// Whether to send the statement again after this error.
    pub(crate) fn allows(&mut self, error: &sqlx::Error) -> bool {
        if self.0 == 0 || !is_broken(error) {
            return false;
        }
        self.0 -= 1;
        tracing::debug!(%error, "a dead connection left the pool");
        true
    }
}

impl PgStore {
    /// For one statement, or several that belong together.
    pub(crate) fn again(&self) -> Again {
        Again(self.pool().options().get_max_connections())
    }

    /// The rows of a statement that changes nothing, or that may be run twice.
    pub(crate) async fn ask<'q, R>(
        &self,
        statement: impl Fn() -> QueryAs<'q, Postgres, R, PgArguments>,
    ) -> Result<Vec<R>, StoreError>
    where
        R: Send + Unpin + for<'r> FromRow<'r, PgRow>,
    {
        self.ready().await?;
        self.ask_anyway(statement).await
    }

    /// As [`ask`](Self::ask), of a database that may not be in order.
    pub(crate) async fn ask_anyway<'q, R>(
        &self,
        statement: impl Fn() -> QueryAs<'q, Postgres, R, PgArguments>,
    ) -> Result<Vec<R>, StoreError>
    where
        R: Send + Unpin + for<'r> FromRow<'r, PgRow>,
    {
        let mut again = self.again();
        loop {
            let mut connection = self.pool().acquire().await.map_err(|e| store_error(&e))?;
            match statement().fetch_all(&mut *connection).await {
                Ok(rows) => return Ok(rows),
                Err(error) if again.allows(&error) => {}
                Err(error) => return Err(store_error(&error)),
            }
        }
    }
}
