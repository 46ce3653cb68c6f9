//! Projections on SQLite: what is staged and what is not, a handler's own SQL, and tables that others have made.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

mod own_sql;
mod staged;
mod tables;
mod values;
