//! es in the comparison: its macros, its repository, its subscriptions, with the settings that they have.

mod account;
mod balances;
mod live;
mod store;
mod subject;

use std::process::ExitCode;

use es_postgres::PgStore;
use es_sqlite::SqliteStore;

use crate::subject::Es;

fn main() -> ExitCode {
    work::run_either::<Es<PgStore>, Es<SqliteStore>>()
}
