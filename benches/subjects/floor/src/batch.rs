//! What many callers deposit at once, by one statement for those that wait.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};
use work::Result;

use crate::event::Row;

/// As many as a statement takes.
pub(crate) const MOST: usize = 64;

/// A row, and where to tell that it is stored.
pub(crate) type Deposit = (Row, oneshot::Sender<Result<()>>);

/// Starts so many writers; they end with the channel.
pub(crate) fn start<P, F>(
    pool: &P,
    writers: u32,
    write: fn(P, Vec<Row>) -> F,
) -> mpsc::UnboundedSender<Deposit>
where
    P: Clone + Send + Sync + 'static,
    F: Future<Output = Result<()>> + Send + 'static,
{
    let (sender, receiver) = mpsc::unbounded_channel();
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..writers {
        let (pool, receiver) = (pool.clone(), Arc::clone(&receiver));
        tokio::spawn(async move {
            let mut waiting: Vec<Deposit> = Vec::new();
            while receiver.lock().await.recv_many(&mut waiting, MOST).await > 0 {
                let (rows, senders): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
                let outcome = write(pool.clone(), rows).await.map_err(|error| error.to_string());
                for sender in senders {
                    // A caller that is gone wants no answer.
                    let _ = sender.send(outcome.clone().map_err(Into::into));
                }
            }
        });
    }
    sender
}

pub(crate) async fn deposit(writer: &mpsc::UnboundedSender<Deposit>, row: Row) -> Result<()> {
    let (sender, stored) = oneshot::channel();
    writer.send((row, sender)).map_err(|_| "the writers have ended")?;
    stored.await?
}
