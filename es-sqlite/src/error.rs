//! What the driver's errors mean to a caller. The only place that reads SQLite's result codes.

use es_core::{Cause, ProjectionError, StoreError};
use thiserror::Error;

/// SQLite's primary result codes, as <https://www.sqlite.org/rescode.html> lists them.
mod code {
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const NOMEM: i32 = 7;
    pub(super) const READONLY: i32 = 8;
    pub(super) const IOERR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const CONSTRAINT: i32 = 19;
    pub(super) const NOTADB: i32 = 26;
}

/// What is passed on of a driver's error.
#[derive(Debug, Error)]
enum Failure {
    #[error("another process keeps the file to itself, or this one writes without a pause")]
    Busy(#[source] Says),
    #[error("the disk is full; nothing of this was stored")]
    Full(#[source] Says),
    #[error("the file, or its folder, may only be read")]
    ReadOnly(#[source] Says),
    #[error(
        "the file cannot be opened: its folder must exist, and both must be this program's to read and write"
    )]
    CannotOpen(#[source] Says),
    #[error("the disk, or what stands for it, has failed")]
    Disk(#[source] Says),
    #[error("{0}")]
    Sqlite(Says),
    #[error("{0}")]
    Driver(String),
}

/// In the words of SQLite.
#[derive(Debug, Error)]
#[error("SQLite says: {message} (code {code})")]
struct Says {
    code: i32,
    message: String,
}

/// Maps any error of the driver.
pub(crate) fn store_error(error: &sqlx::Error) -> StoreError {
    let Some(says) = says(error) else {
        let cause = Cause::new(Failure::Driver(error.to_string()));
        return match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                StoreError::Unavailable(cause)
            }
            _ => StoreError::Other(cause),
        };
    };
    match says.code & 0xff {
        code::BUSY | code::LOCKED => StoreError::Unavailable(Cause::new(Failure::Busy(says))),
        code::FULL => StoreError::Unavailable(Cause::new(Failure::Full(says))),
        code::IOERR | code::NOMEM => StoreError::Unavailable(Cause::new(Failure::Disk(says))),
        code::READONLY => StoreError::Other(Cause::new(Failure::ReadOnly(says))),
        code::CANTOPEN => StoreError::Other(Cause::new(Failure::CannotOpen(says))),
        code::NOTADB => {
            StoreError::Corrupt { what: "the file is not an SQLite database".to_owned() }
        }
        code::CORRUPT => StoreError::Corrupt { what: format!("the file is damaged: {says}") },
        _ => StoreError::Other(Cause::new(Failure::Sqlite(says))),
    }
}

/// The error as something that may be shown.
pub(crate) fn cause(error: &sqlx::Error) -> Cause {
    match says(error) {
        Some(says) => Cause::new(Failure::Sqlite(says)),
        None => Cause::new(Failure::Driver(error.to_string())),
    }
}

/// Whether what a handler failed with is, or was caused by, an error of the driver that may pass.
pub(crate) fn is_transient_cause(error: &ProjectionError) -> bool {
    let ProjectionError::Handler(cause) = error else { return false };
    let first: &(dyn std::error::Error + 'static) = cause.get();
    let mut causes = std::iter::successors(Some(first), |error| error.source());
    causes.any(|error| {
        let driver = error.downcast_ref::<sqlx::Error>();
        driver.is_some_and(|error| store_error(error).is_transient())
    })
}

/// Whether another connection has the file to itself for the moment.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    primary(error).is_some_and(|code| matches!(code, code::BUSY | code::LOCKED))
}

/// Whether a unique index, or the trigger that guards events, has refused a row.
pub(crate) fn is_constraint(error: &sqlx::Error) -> bool {
    primary(error) == Some(code::CONSTRAINT)
}

/// Whether SQLite itself has answered that a commit did not take place. Anything else, a failing disk above all, leaves
/// open whether the disk has it.
pub(crate) fn is_refusal(error: &sqlx::Error) -> bool {
    primary(error).is_some_and(|code| !matches!(code, code::IOERR | code::CORRUPT | code::NOMEM))
}

/// Whether a table is missing.
pub(crate) fn is_missing_table(error: &sqlx::Error) -> bool {
    says(error).is_some_and(|says| says.message.starts_with("no such table: "))
}

/// The column that is missing.
pub(crate) fn missing_column(error: &sqlx::Error) -> Option<String> {
    let says = says(error)?;
    let named = says.message.strip_prefix("no such column: ");
    let named = named.or_else(|| Some(says.message.split_once(" has no column named ")?.1))?;
    let name = named.rsplit('.').next().unwrap_or(named);
    Some(name.trim_matches('"').to_owned())
}

fn primary(error: &sqlx::Error) -> Option<i32> {
    says(error).map(|says| says.code & 0xff)
}

fn says(error: &sqlx::Error) -> Option<Says> {
    let error = error.as_database_error()?;
    let code = error.code()?.parse().ok()?;
    Some(Says { code, message: error.message().to_owned() })
}
