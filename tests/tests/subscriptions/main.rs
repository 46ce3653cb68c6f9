//! Subscriptions, on every store alike.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

mod checkpoints;
mod control;
mod failure;
mod filters;
mod letters;
mod owners;
mod postgres_faults;
mod probe;
mod retries;
mod smoke;
mod start_from;
mod status;
mod support;
mod timing;
