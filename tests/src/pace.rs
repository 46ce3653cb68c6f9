//! How slow a line is.

use std::time::Duration;

/// The pace of one direction of a connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pace {
    /// Everything takes so long.
    pub latency: Duration,
    /// And at random up to so much longer.
    pub jitter: Duration,
    /// So much goes through in a second.
    pub bytes_per_second: Option<u32>,
}

impl Pace {
    /// Waits as long as this many bytes take.
    pub(crate) async fn wait(self, bytes: usize) {
        let jitter = self.jitter.mul_f64(rand::random());
        let rate = self.bytes_per_second.map_or(Duration::ZERO, |rate| {
            let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
            Duration::from_secs(1) * bytes / rate.max(1)
        });
        let time = self.latency + jitter + rate;
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
    }
}
