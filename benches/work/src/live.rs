//! From a commit to the handler of a subscription that follows the log.

use std::any::Any;
use std::fmt;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use uuid::Uuid;

use crate::domain::reference;
use crate::error::Result;
use crate::subject::Subject;

/// How long a subscription may take: beyond that it is broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// Told by a handler which deposit it was given.
#[derive(Debug, Clone)]
pub struct Seen(UnboundedSender<(String, Instant)>);

impl Seen {
    /// A handler was given the deposit with this reference.
    pub fn deposit(&self, reference: &str) {
        // Nobody listens any more when the measurement is over.
        let _ = self.0.send((reference.to_owned(), Instant::now()));
    }
}

/// A subscription that runs until this is dropped.
pub struct Following(#[allow(dead_code, reason = "held, not read")] Box<dyn Any + Send>);

impl Following {
    /// Keeps what the subscription lives by.
    pub fn new(guard: impl Any + Send) -> Self {
        Self(Box::new(guard))
    }
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Following")
    }
}

/// The median in milliseconds.
pub(crate) async fn measure<S: Subject>(subject: &S, samples: u32) -> Result<f64> {
    let (sender, mut seen) = unbounded_channel();
    let account = Uuid::new_v4();
    subject.open(account).await?;
    let _following = subject.follow(Seen(sender)).await?;
    // Until the first one arrives the subscription is still starting.
    sample(subject, account, 0, &mut seen).await?;
    let mut took = Vec::new();
    for n in 1..=u64::from(samples.max(1)) {
        // Commits come when they come: not just after a poll, which is when the one before was seen.
        tokio::time::sleep(Duration::from_millis(n * 377 % 1000)).await;
        took.push(sample(subject, account, n, &mut seen).await?);
    }
    took.sort_unstable();
    Ok(took[took.len() / 2].as_secs_f64() * 1000.0)
}

async fn sample<S: Subject>(
    subject: &S,
    account: Uuid,
    n: u64,
    seen: &mut UnboundedReceiver<(String, Instant)>,
) -> Result<Duration> {
    let wanted = reference(n, crate::domain::REFERENCE);
    subject.deposit(account, 100, wanted.clone()).await?;
    let committed = Instant::now();
    let arrival = async {
        loop {
            match seen.recv().await {
                Some((reference, at)) if reference == wanted => return Ok(at),
                Some(_) => {}
                None => return Err("the subscription has ended"),
            }
        }
    };
    let at = tokio::time::timeout(PATIENCE, arrival).await.map_err(|_| "nothing arrives")??;
    // A handler may be faster than the answer to the commit.
    Ok(at.saturating_duration_since(committed))
}
