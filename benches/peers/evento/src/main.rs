//! evento on PostgreSQL and on SQLite, as its README sets it up: its migrations, an executor on a pool, aggregates, projections.

mod account;
mod store;
mod subject;
mod subscriptions;
mod views;

use std::process::ExitCode;

use crate::subject::Evento;

fn main() -> ExitCode {
    work::run_either::<Evento<store::Postgres>, Evento<store::Sqlite>>()
}
