//! Looked at once per store, before its first use: a database that is set up so that events could be lost is refused.

use std::sync::atomic::{AtomicBool, Ordering};

use es_core::StoreError;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use sqlx::{PgConnection, Postgres};

use crate::error::store_error;
use crate::migrate::{NEWEST, newer};

/// Remembers that the database was found to be in order.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    in_order: AtomicBool,
}

impl Guard {
    /// Whether the database was found to be in order.
    pub(crate) fn is_passed(&self) -> bool {
        self.in_order.load(Ordering::Relaxed)
    }

    /// Costs one statement until it has succeeded once, and nothing after that. Nobody waits for anybody: a caller may
    /// hold the only connection there is.
    pub(crate) async fn check(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.is_passed() {
            return Ok(());
        }
        self.judge(look().fetch_one(connection).await.map_err(|e| store_error(&e))?)
    }

    /// Remembers that what was found is in order, or says what is not.
    pub(crate) fn judge(&self, found: Found) -> Result<(), StoreError> {
        judge(found)?;
        self.in_order.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// The schema's version, and whether the sequence, its place and the trigger are as they must be.
pub(crate) type Found = (i64, bool, bool, bool);

/// One row.
pub(crate) fn look() -> QueryAs<'static, Postgres, Found, PgArguments> {
    sqlx::query_as(include_str!("sql/guard.sql"))
}

fn judge((version, sequence, ahead, trigger): Found) -> Result<(), StoreError> {
    let refuse = |what: &str| Err(StoreError::Unsafe { what: what.to_owned() });
    if version > NEWEST {
        return Err(newer(version));
    }
    if version < NEWEST {
        let hint = "call `PgStore::migrate` once before the store is used";
        return Err(StoreError::Schema { found: version, needed: NEWEST, hint });
    }
    if !sequence {
        return refuse(
            "the sequence of `es.events.position` must count up by one with CACHE 1, or readers would miss events: \
             ALTER TABLE es.events ALTER COLUMN position SET CACHE 1 SET INCREMENT BY 1 SET NO CYCLE",
        );
    }
    if !ahead {
        return refuse(
            "the sequence of `es.events.position` stands before the last event, so readers would miss what comes next: \
             SELECT setval(pg_get_serial_sequence('es.events', 'position'), (SELECT max(position) FROM es.events))",
        );
    }
    if !trigger {
        return refuse(
            "stored events could be changed: ALTER TABLE es.events ENABLE ALWAYS TRIGGER events_are_never_changed",
        );
    }
    Ok(())
}
