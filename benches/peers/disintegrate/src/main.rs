//! disintegrate on PostgreSQL, as its README sets it up: a `PgEventStore` with JSON, decisions made by a decision maker.

mod account;
mod subject;

use std::process::ExitCode;

fn main() -> ExitCode {
    work::run::<subject::Disintegrate>()
}
