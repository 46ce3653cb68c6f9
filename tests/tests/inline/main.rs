//! Projections that run inside the append of a repository.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

mod commands;
mod days;
mod faults;
mod once;
mod sql;
