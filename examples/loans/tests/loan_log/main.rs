//! The example as a whole: parsing, importing, projecting, reporting and showing, in memory, in a file and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

mod command_line;
mod importing;
mod killed;
mod logs;
mod moving;
mod parsing;
mod reports;
mod rules;
mod showing;
mod stores;
