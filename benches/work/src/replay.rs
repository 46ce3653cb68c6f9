//! The whole log at once: read, or written.

use std::time::Instant;

use uuid::Uuid;

use crate::commands::rate;
use crate::domain::{Account, Histories};
use crate::error::Result;
use crate::subject::Subject;

/// Events per second of one replay. What it adds up to must be what was stored.
pub(crate) async fn measure(events: u64, replay: impl AsyncFn() -> Result<Account>) -> Result<f64> {
    let expected = Histories::log(events).sum();
    let begun = Instant::now();
    let found = replay().await?;
    let rate = rate(expected.events, begun);
    if found == expected { Ok(rate) } else { Err(wrong(found, expected)) }
}

/// Events per second of one import of accounts that are new.
pub(crate) async fn measure_import<S: Subject>(subject: &S, events: u64) -> Result<f64> {
    let seed = Uuid::new_v4().as_u64_pair().0;
    let histories = Histories { seed, ..Histories::log(events) };
    let begun = Instant::now();
    subject.import(histories).await?;
    let rate = rate(histories.len(), begun);
    let (found, expected) =
        (subject.load(histories.account(0)).await?, Account::of_history(histories.events));
    if found.cents == expected.cents { Ok(rate) } else { Err(wrong(found, expected)) }
}

fn wrong(found: Account, expected: Account) -> crate::Error {
    format!("found {found:?} instead of {expected:?}").into()
}
