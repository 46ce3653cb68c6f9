//! What the driver's errors mean to a caller. The only place that reads SQLSTATE codes.

use es_core::{AppendError, Cause, InlineError, ProjectionError, StoreError};
use sqlx::postgres::{PgDatabaseError, PgSeverity};
use thiserror::Error;

use crate::migrate::NEWEST;

/// What is passed on of a driver's error: no DETAIL, which quotes stored values, and no URL, which holds a password.
#[derive(Debug, Error)]
enum Failure {
    #[error("PostgreSQL says: {message} (SQLSTATE {code})")]
    Server { code: String, message: String },
    #[error("the address of the database cannot be understood")]
    Address,
    #[error("{0}")]
    Driver(String),
}

/// Maps any error of the driver.
pub(crate) fn store_error(error: &sqlx::Error) -> StoreError {
    let cause = Cause::new(failure(error));
    match class(error) {
        Class::Unavailable => StoreError::Unavailable(cause),
        Class::NoSchema => StoreError::Schema {
            found: 0,
            needed: NEWEST,
            hint: "call `PgStore::migrate` once before the store is used",
        },
        Class::Corrupt => {
            let what = "a stream has events beyond the version that `es.streams` gives it: somebody wrote around the store";
            StoreError::Corrupt { what: what.to_owned() }
        }
        Class::Other => StoreError::Other(cause),
    }
}

/// Whether what a handler failed with is, or was caused by, an error of the driver that may pass.
pub(crate) fn is_transient_cause(error: &ProjectionError) -> bool {
    let ProjectionError::Handler(cause) = error else { return false };
    let first: &(dyn std::error::Error + 'static) = cause.get();
    let mut causes = std::iter::successors(Some(first), |error| error.source());
    causes.any(|error| {
        let driver = error.downcast_ref::<sqlx::Error>();
        driver.is_some_and(|error| matches!(class(error), Class::Unavailable))
    })
}

/// Whether an append with projections in it should simply be run again: a statement, perhaps of a handler, lost against
/// another transaction.
pub(crate) fn has_collided(error: &InlineError) -> bool {
    let (InlineError::Append(AppendError::Store(StoreError::Unavailable(cause)))
    | InlineError::Projection {
        cause:
            ProjectionError::Store(StoreError::Unavailable(cause)) | ProjectionError::Handler(cause),
        ..
    }) = error
    else {
        return false;
    };
    let first: &(dyn std::error::Error + 'static) = cause.get();
    let mut causes = std::iter::successors(Some(first), |error| match error.downcast_ref() {
        Some(cause) => Some(Cause::get(cause)),
        None => error.source(),
    });
    causes.any(|error| {
        let failure = error.downcast_ref();
        let told = matches!(failure, Some(Failure::Server { code, .. }) if collides(code));
        told || error.downcast_ref().is_some_and(is_collision)
    })
}

/// Whether a lock could not be had in time.
pub(crate) fn has_waited_in_vain(error: &StoreError) -> bool {
    let StoreError::Unavailable(cause) = error else { return false };
    matches!(cause.get().downcast_ref(), Some(Failure::Server { code, .. }) if code == "55P03")
}

fn collides(code: &str) -> bool {
    matches!(code, "40001" | "40P01")
}

/// The error as something that may be shown.
pub(crate) fn cause(error: &sqlx::Error) -> Cause {
    Cause::new(failure(error))
}

/// Whether the server has refused the statement and lives on, so that nothing of it can be stored.
pub(crate) fn is_refusal(error: &sqlx::Error) -> bool {
    server_error(error).is_some_and(|error| {
        // FATAL may come after the commit itself, when a session is ended while it waits for a replica.
        matches!(error.severity(), PgSeverity::Error) && !error.code().starts_with("08")
    })
}

/// Whether the connection has ended, or the session at its other end.
pub(crate) fn is_broken(error: &sqlx::Error) -> bool {
    match server_error(error) {
        Some(_) => !is_refusal(error),
        None => matches!(error, sqlx::Error::Io(_)),
    }
}

/// Whether the same statement should simply be sent again: it lost against another one.
pub(crate) fn is_collision(error: &sqlx::Error) -> bool {
    server_error(error).is_some_and(|error| collides(error.code()))
}

/// Whether the server has given up on a statement that waited for a lock, or took too long.
pub(crate) fn is_impatience(error: &sqlx::Error) -> bool {
    server_error(error).is_some_and(|error| matches!(error.code(), "55P03" | "57014"))
}

/// Whether an event id is stored already.
pub(crate) fn is_duplicate_event(error: &sqlx::Error) -> bool {
    breaks(error, "events_event_id")
}

/// Whether a row is there already that this unique constraint of `es.events` allows only once.
fn breaks(error: &sqlx::Error, constraint: &str) -> bool {
    server_error(error).is_some_and(|error| {
        error.code() == "23505"
            && error.schema() == Some("es")
            && error.constraint() == Some(constraint)
    })
}

/// Whether a table is missing.
pub(crate) fn is_missing_table(error: &sqlx::Error) -> bool {
    server_error(error).is_some_and(|error| error.code() == "42P01")
}

/// The column that is missing.
pub(crate) fn missing_column(error: &sqlx::Error) -> Option<&str> {
    let error = server_error(error).filter(|error| error.code() == "42703")?;
    let message = error.message();
    // Quoted, or behind the alias of its table.
    let qualified = message.split_once("target.").and_then(|(_, rest)| rest.split(' ').next());
    Some(qualified.or_else(|| message.split('"').nth(1)).unwrap_or("?"))
}

/// Whether the role has no right to do it.
pub(crate) fn is_denied(error: &sqlx::Error) -> bool {
    server_error(error).is_some_and(|error| error.code() == "42501")
}

/// Whether something would be NULL that may not be.
pub(crate) fn is_empty_where_needed(error: &sqlx::Error) -> bool {
    server_error(error).is_some_and(|error| error.code() == "23502")
}

enum Class {
    Unavailable,
    NoSchema,
    Corrupt,
    Other,
}

fn class(error: &sqlx::Error) -> Class {
    use sqlx::Error as E;
    if breaks(error, "events_stream_version") {
        return Class::Corrupt;
    }
    if let Some(error) = server_error(error) {
        return class_of_code(error.code(), error.message());
    }
    match error {
        E::Io(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::Protocol(_) => {
            Class::Unavailable
        }
        _ => Class::Other,
    }
}

fn class_of_code(code: &str, message: &str) -> Class {
    match code {
        // 3F000: no schema `es`. 42P01: none of our tables; read models' tables are told apart by their own statements.
        "3F000" => Class::NoSchema,
        "42P01" if message.contains("es.") => Class::NoSchema,
        // Collisions, a cancelled statement (`statement_timeout`) and a lock not had in time (`lock_timeout`).
        // 25006: a standby refuses to write; during a switch to another primary it may soon be one.
        "40001" | "40P01" | "57014" | "55P03" | "25006" | "25P03" => Class::Unavailable,
        // The connection, the server's resources, a server that stops or starts.
        _ if ["08", "53", "57P0"].iter().any(|class| code.starts_with(class)) => Class::Unavailable,
        _ => Class::Other,
    }
}

fn failure(error: &sqlx::Error) -> Failure {
    match (server_error(error), error) {
        (Some(error), _) => {
            Failure::Server { code: error.code().to_owned(), message: error.message().to_owned() }
        }
        (None, sqlx::Error::Configuration(_)) => Failure::Address,
        (None, error) => Failure::Driver(error.to_string()),
    }
}

fn server_error(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_a_caller_can_do() {
        let unavailable = ["08006", "53300", "57P01", "57P03", "57014", "55P03", "40P01", "40001"];
        for code in unavailable {
            assert!(matches!(class_of_code(code, ""), Class::Unavailable), "{code}");
        }
        assert!(matches!(class_of_code("3F000", "schema \"es\" …"), Class::NoSchema));
        assert!(matches!(class_of_code("42P01", "relation \"es.events\" …"), Class::NoSchema));
        for (code, message) in [("42P01", "relation \"mine\" …"), ("23505", ""), ("42501", "es.")]
        {
            assert!(matches!(class_of_code(code, message), Class::Other), "{code}");
        }
    }

    #[test]
    fn what_the_driver_says_about_an_address_is_not_passed_on() {
        let error = sqlx::Error::Configuration("postgres://me:secret@host".into());
        let shown = format!("{:?} {}", store_error(&error), cause(&error));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
