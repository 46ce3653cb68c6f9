//! Faults, with real processes: they are stopped, killed and cut off while they project, and the read models must be those of an
//! undisturbed run. The program is `src/bin/worker.rs`.
#![allow(clippy::similar_names, reason = "a worker and its work, what is sent and what is seen")]
#![allow(clippy::needless_range_loop, reason = "a member is replaced while its number is needed")]
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

mod blue_green;
mod commands;
mod dropped;
mod kills;
mod lines;
mod poison;
mod signals;
mod soak;
mod support;
