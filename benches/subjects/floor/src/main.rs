//! The floor: what the work costs at the least, by hand, with sqlx, on the tables, columns and indexes of es.
//!
//! It is not a way to write a program. It checks no belief but the unique index, retries nothing, limits nothing, and reads
//! the log as if nobody wrote to it.

mod batch;
mod event;
mod postgres;
mod sqlite;
mod versions;

use std::process::ExitCode;

fn main() -> ExitCode {
    work::run_either::<postgres::Floor, sqlite::Floor>()
}
