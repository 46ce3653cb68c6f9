//! es-entity, as its README sets it up: an entity, two tables, a derived repository.
//!
//! Its macros check SQL when they are compiled, against what is kept in `.sqlx`: see the README of the benchmarks.

mod account;
mod subject;

use std::process::ExitCode;

fn main() -> ExitCode {
    work::run::<subject::Entities>()
}
