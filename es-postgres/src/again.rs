//! Reads that meet a dead connection are sent again on another one.
//!
//! A connection may die while it lies in the pool: the server restarts, an administrator ends the session, a firewall
//! forgets it. Whoever takes it next notices. A statement that changes nothing can simply be sent again, as long as
//! nothing of its answer has been given to the caller.

use es_core::StoreError;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Connection as _, FromRow, PgConnection, Postgres};

use crate::error::{is_broken, store_error};
use crate::store::{By, PgStore};

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

    /// As [`allows`](Self::allows), for whoever has not seen the driver's own error: asks the connection.
    pub(crate) async fn is_dead(&mut self, connection: &mut PgConnection) -> bool {
        match connection.ping().await {
            Ok(()) => false,
            Err(error) => self.allows(&error),
        }
    }
}

impl PgStore {
    /// For one statement, or several that belong together.
    pub(crate) fn again(&self, by: By) -> Again {
        Again(self.lines(by).pool().options().get_max_connections())
    }

    /// What a statement gives that changes nothing, or that may be run twice.
    pub(crate) async fn ask<'q, R>(
        &self,
        by: By,
        statement: impl Fn() -> Query<'q, Postgres, PgArguments>,
    ) -> Result<Vec<R>, StoreError>
    where
        R: for<'r> FromRow<'r, PgRow>,
    {
        self.ready().await?;
        self.ask_anyway(by, statement).await
    }

    /// As [`ask`](Self::ask), of a database that may not be in order.
    pub(crate) async fn ask_anyway<'q, R>(
        &self,
        by: By,
        statement: impl Fn() -> Query<'q, Postgres, PgArguments>,
    ) -> Result<Vec<R>, StoreError>
    where
        R: for<'r> FromRow<'r, PgRow>,
    {
        let rows = self.ask_rows(by, statement).await?;
        rows.iter().map(R::from_row).collect::<Result<_, _>>().map_err(|e| store_error(&e))
    }

    /// As [`ask_anyway`](Self::ask_anyway): the rows as they come.
    pub(crate) async fn ask_rows<'q>(
        &self,
        by: By,
        statement: impl Fn() -> Query<'q, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>, StoreError> {
        let mut again = self.again(by);
        loop {
            let mut line = self.lines(by).line().await?;
            match statement().fetch_all(&mut *line).await {
                Ok(rows) => {
                    line.keep();
                    return Ok(rows);
                }
                Err(error) if again.allows(&error) => {}
                Err(error) => return Err(store_error(&error)),
            }
        }
    }
}
