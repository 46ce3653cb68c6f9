//! The floor: what the work costs at the least, by hand, with sqlx, on the tables, columns and indexes of es.
//!
//! It is not a way to write a program. It checks no belief but the unique index, retries nothing, limits nothing, and reads
//! the log as if nobody wrote to it.

mod batch;
mod copy;
mod read;
mod subject;
mod tables;
mod versions;
mod write;

use std::process::ExitCode;

fn main() -> ExitCode {
    work::run::<subject::Floor>()
}
