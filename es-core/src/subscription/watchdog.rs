//! Sees to it that a handler which keeps its thread is noticed.
//!
//! The timers and sockets of a runtime are looked after by one of its threads that has nothing else to do. When just that one is
//! given a handler to run, and never comes back, the others sleep on: no timer fires any more, and nobody would ever look for
//! the handler. Work that comes from outside the runtime wakes one of them up.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tokio::runtime::Handle;

use super::status::Tracker;

/// A thread that ends when this is dropped.
pub(super) struct Watchdog(#[expect(dead_code, reason = "its end is all it says")] Sender<()>);

impl Watchdog {
    /// Wakes the runtime whenever a handler has had an event in hand for longer than `limit`.
    pub(super) fn start(tracker: Arc<Tracker>, limit: Duration) -> Self {
        let (sender, ended) = channel();
        let runtime = Handle::current();
        let pause = (limit / 4).max(Duration::from_millis(1));
        let watch = move || {
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(pause) {
                if tracker.stuck(limit).is_some() {
                    runtime.spawn(std::future::ready(()));
                }
            }
        };
        let thread = std::thread::Builder::new().name("es-watchdog".to_owned()).spawn(watch);
        if let Err(error) = thread {
            tracing::warn!(%error, "handlers that keep their thread may go unnoticed");
        }
        Self(sender)
    }
}
