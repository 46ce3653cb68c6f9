//! esrs, as its README sets it up: a `PgStore` that makes its own table, and an `AggregateManager`.

mod account;
mod balances;
mod subject;

use std::process::ExitCode;

fn main() -> ExitCode {
    work::run::<subject::Esrs>()
}
