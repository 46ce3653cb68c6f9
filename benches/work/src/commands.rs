//! Commands, by so many callers at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use uuid::Uuid;

use crate::domain::{AccountEvent, reference};
use crate::error::{Error, Result};
use crate::job::Limit;
use crate::subject::Subject;

/// What each of the commands deposits.
const CENTS: u64 = 100;

/// How often a command is sent again that has met another one: a caller that was kept waiting can meet the next one on its
/// stream, and not every subject decides again by itself.
const RETRIES: u32 = 20;

/// What the subjects call that, as their errors are written for programmers; the last is PostgreSQL's code for a unique index that
/// has the key already.
const CONFLICTS: [&str; 4] =
    ["Conflict", "ConcurrentModification", "InvalidOriginalVersion", "23505"];

/// Opens fresh accounts, so that all subjects and rounds find streams of the same length; makes one deposit to each, so that
/// connections, statements and caches are there; then measures. Gives commands per second.
pub(crate) async fn measure<S: Subject>(
    subject: &S,
    callers: u32,
    streams: u32,
    bytes: usize,
    limit: Limit,
) -> Result<f64> {
    let accounts: Arc<[Uuid]> = (0..streams).map(|_| Uuid::new_v4()).collect();
    let preparing = Limit { count: u64::from(streams), seconds: 600.0 };
    let opening = |subject: S, account: Uuid, _| async move { subject.open(account).await };
    by_turns(subject, &accounts, callers.max(8), preparing, opening).await?;
    let depositing = move |subject: S, account: Uuid, n: u64| async move {
        let mut left = RETRIES;
        loop {
            match subject.deposit(account, CENTS, reference(n, bytes)).await {
                Err(error) if left > 0 && is_conflict(&error) => left -= 1,
                done => return done,
            }
        }
    };
    by_turns(subject, &accounts, callers, preparing, depositing).await?;
    let begun = Instant::now();
    let done = by_turns(subject, &accounts, callers, limit, depositing).await?;
    let rate = rate(done, begun);
    check(subject, &accounts, done).await?;
    Ok(rate)
}

/// Whether somebody else was faster.
fn is_conflict(error: &Error) -> bool {
    let text = format!("{error:?}");
    CONFLICTS.iter().any(|name| text.contains(name))
}

/// So many a second since `begun`.
#[allow(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
pub(crate) fn rate(done: u64, begun: Instant) -> f64 {
    done as f64 / begun.elapsed().as_secs_f64()
}

/// Callers take one number after another; account `n` is that of number `n`, so that no two of them meet on a stream. Gives
/// how many were done.
async fn by_turns<S, F>(
    subject: &S,
    accounts: &Arc<[Uuid]>,
    callers: u32,
    limit: Limit,
    call: impl Fn(S, Uuid, u64) -> F + Copy + Send + 'static,
) -> Result<u64>
where
    S: Subject,
    F: Future<Output = Result<()>> + Send,
{
    let next = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + limit.time();
    let callers: Vec<_> = (0..callers)
        .map(|_| {
            let (subject, accounts, next) =
                (subject.clone(), Arc::clone(accounts), Arc::clone(&next));
            tokio::spawn(async move {
                let mut done = 0_u64;
                while Instant::now() < end {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= limit.count {
                        break;
                    }
                    let place = usize::try_from(n % accounts.len() as u64)?;
                    call(subject.clone(), accounts[place], n).await?;
                    done += 1;
                }
                Ok::<_, Error>(done)
            })
        })
        .collect();
    let mut done = 0;
    for caller in callers {
        done += caller.await??;
    }
    Ok(done)
}

/// Each account has what it was opened with, and every deposit that was answered for.
async fn check<S: Subject>(subject: &S, accounts: &[Uuid], done: u64) -> Result<()> {
    let deposits = 1 + done.div_ceil(accounts.len() as u64);
    let found = subject.load(accounts[0]).await?;
    let cents = AccountEvent::opened().change() + (CENTS * deposits).cast_signed();
    // Callers that stopped at the deadline may have left out a number, each at most one.
    let least = cents - CENTS.cast_signed();
    if found.cents < least || found.cents > cents {
        return Err(format!("{done} commands left {found:?}, not {cents} cents").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_conflict_is_sent_again() {
        assert!(is_conflict(&"AggregateConflict".into()));
        assert!(is_conflict(&"code: Some(\"23505\")".into()));
        assert!(!is_conflict(&"the server is gone".into()));
    }
}
