//! What the tests of the settled position are made of: a log in a database of its own, writers who work through
//! plain SQL so that each step of theirs can be held, and readers who use the public API.

mod log;
mod reader;
mod relay;
mod writer;

pub(crate) use log::Log;
pub(crate) use reader::Reader;
pub(crate) use relay::{Steps, relay};
pub(crate) use writer::Writer;

use std::time::{Duration, Instant};

/// Asks until the answer is yes.
///
/// # Panics
/// After ten seconds.
pub(crate) async fn eventually(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !ask().await {
        assert!(Instant::now() < deadline, "still not so after ten seconds: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
