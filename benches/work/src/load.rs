//! Loads of one stream.

use std::time::Instant;

use crate::commands::rate;
use crate::domain::{Account, Histories};
use crate::error::Result;
use crate::job::Limit;
use crate::subject::Subject;

/// How many events of a history are written by one call.
const CHUNK: usize = 5_000;

/// Writes histories.
pub(crate) async fn seed<S: Subject>(subject: &S, histories: Histories) -> Result<()> {
    for chunk in histories.chunks(CHUNK) {
        subject.seed(chunk).await?;
    }
    Ok(())
}

/// Makes the stream, and perhaps a snapshot so many events before its end.
pub(crate) async fn prepare<S: Subject>(
    subject: &S,
    events: u64,
    snapshot: Option<u64>,
) -> Result<()> {
    let whole = Histories::one(events);
    let Some(tail) = snapshot else {
        return seed(subject, whole).await;
    };
    let at = events.saturating_sub(tail);
    seed(subject, Histories { events: at, ..whole }).await?;
    subject.snapshot(whole.account(0)).await?;
    subject.seed(whole.iter().filter(|(_, version, _)| *version > at).collect()).await
}

/// Events per second, over as many loads as the limit allows but at least one.
pub(crate) async fn measure<S: Subject>(subject: &S, events: u64, limit: Limit) -> Result<f64> {
    let account = Histories::one(events).account(0);
    let expected = Account::of_history(events);
    let load = async || {
        let found = subject.load(account).await?;
        if found.cents == expected.cents {
            return Ok(());
        }
        Err(crate::Error::from(format!("loaded {found:?} instead of {expected:?}")))
    };
    load().await?;
    let begun = Instant::now();
    let mut loads = 0;
    while loads < limit.count.max(1) && (loads == 0 || begun.elapsed() < limit.time()) {
        load().await?;
        loads += 1;
    }
    Ok(rate(loads * events, begun))
}
