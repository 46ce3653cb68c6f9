//! evento on PostgreSQL, as its README sets it up: its migrations, an executor on a pool, aggregates, projections.

mod account;
mod subject;
mod subscriptions;
mod views;

use std::process::ExitCode;

fn main() -> ExitCode {
    work::run::<subject::Evento>()
}
