//! What earlier runs have left in a store that lasts.

use es_core::prelude::*;
use es_core::{LogQuery, Position, SubscriptionStore};

use crate::account::{AccountId, AccountOpened, BankAccount};
use crate::workload::Result;

/// What there was before the day began.
#[derive(Debug)]
pub struct Earlier {
    /// Events of all accounts.
    pub events: u64,
    /// Accounts, closed ones among them.
    pub accounts: u64,
    /// The account that was opened first.
    pub oldest: Root<BankAccount>,
    /// When that was.
    pub opened_at: DateTime<Utc>,
}

/// Looks into a store; `None` when it has no accounts.
///
/// # Errors
/// When the store cannot be read.
pub async fn look<S: SubscriptionStore + Clone>(store: &S) -> Result<Option<Earlier>> {
    let all = LogQuery::after(Position::START).category(BankAccount::NAME);
    let openings = all.names(&[AccountOpened::NAME]);
    let Some(opened) = store.read_log(openings, 1).await?.events.pop() else {
        return Ok(None);
    };
    // Its state is not stored anywhere: it is what its events make of it.
    let id = AccountId::from_uuid(opened.stream.id());
    let oldest = Repository::<BankAccount, _>::new(store.clone()).load(id).await?;
    let events = store.count_log(all).await?;
    let accounts = store.count_log(openings).await?;
    Ok(Some(Earlier { events, accounts, oldest, opened_at: opened.occurred_at }))
}
