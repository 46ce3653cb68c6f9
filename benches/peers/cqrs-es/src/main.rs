//! cqrs-es with postgres-es, as its user guide sets it up: `postgres_cqrs` on a pool and the tables of `db/init.sql`.

mod account;
mod subject;

use std::process::ExitCode;

fn main() -> ExitCode {
    work::run::<subject::CqrsEs>()
}
