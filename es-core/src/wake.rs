//! Wake-ups: hints that the log has grown. One may be lost or be one too many; polling makes up for it.

use tokio::sync::watch;

/// Where a store says that it has appended. Clones share one signal.
#[derive(Debug, Clone)]
pub struct Signal(watch::Sender<u64>);

impl Signal {
    /// A signal that nobody waits for yet.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    /// Wakes everybody who waits.
    pub fn wake(&self) {
        self.0.send_modify(|times| *times = times.wrapping_add(1));
    }

    /// Whether anybody listens.
    pub fn is_heard(&self) -> bool {
        self.0.receiver_count() > 0
    }

    /// Hears of everything from now on.
    pub fn listen(&self) -> Wakes {
        Wakes(self.0.subscribe())
    }
}

impl Default for Signal {
    fn default() -> Self {
        Self::new()
    }
}

/// Hears when a store has appended.
#[derive(Debug, Clone)]
pub struct Wakes(watch::Receiver<u64>);

impl Wakes {
    /// Waits for a wake-up since the last call. Never ends when the store is gone. Dropping the future loses nothing.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
