//! The example as a whole: parsing, importing, projecting, reporting and showing, in memory and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

mod command_line;
mod importing;
mod killed;
mod logs;
mod parsing;
mod reports;
mod rules;
mod showing;
