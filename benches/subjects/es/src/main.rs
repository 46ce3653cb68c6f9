//! es in the comparison: its macros, its repository, its subscriptions, with the settings that they have.

mod account;
mod balances;
mod live;
mod subject;

use std::process::ExitCode;

fn main() -> ExitCode {
    work::run::<subject::Es>()
}
