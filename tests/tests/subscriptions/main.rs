//! Subscriptions, on every store alike.
#![allow(clippy::similar_names, reason = "a status and the state it tells")]
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

mod checkpoints;
mod control;
mod failure;
mod filters;
mod latency;
mod letters;
mod lost_answers;
mod owners;
mod postgres_faults;
mod probe;
mod rebuild;
mod rebuilt_alike;
mod retries;
mod seam;
mod smoke;
mod sqlite_rest;
mod start_from;
mod status;
mod support;
mod timing;
mod versions;
