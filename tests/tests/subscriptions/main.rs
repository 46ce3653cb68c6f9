//! Subscriptions, on every store alike.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

mod smoke;
mod support;
