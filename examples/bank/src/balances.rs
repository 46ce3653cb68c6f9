//! The read model: one row per account, on every store.

use es_core::prelude::*;
use rust_decimal::Decimal;

use crate::account::{
    AccountClosed, AccountFrozen, AccountId, AccountOpened, AccountReleased, BankAccount,
    MoneyDeposited, MoneyWithdrawn, Status,
};

/// One account, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "account_balances")]
pub struct AccountBalance {
    /// The account's id.
    #[read_model(id)]
    pub account: AccountId,
    /// Whose it is.
    pub owner: String,
    /// What is in it.
    pub balance: Decimal,
    /// `open`, `frozen` or `closed`.
    pub status: String,
}

/// Keeps [`AccountBalance`] up to date.
#[derive(Debug)]
pub struct AccountBalances;

#[projection(name = "account-balances", version = 1, read_models(AccountBalance), of(BankAccount))]
impl AccountBalances {
    #[handles(AccountOpened)]
    async fn opened(
        &self,
        event: &AccountOpened,
        cx: &mut ReadModels<'_>,
    ) -> Result<(), ProjectionError> {
        let account = AccountId::from_uuid(cx.stream_id());
        let (owner, balance) = (event.owner.clone(), event.initial_deposit);
        let status = Status::Open.to_string();
        cx.rows().save(AccountBalance { account, owner, balance, status }).await
    }

    #[handles(MoneyDeposited)]
    async fn deposited(
        &self,
        event: &MoneyDeposited,
        cx: &mut ReadModels<'_>,
    ) -> Result<(), ProjectionError> {
        change(cx, |row| row.balance += event.amount).await
    }

    #[handles(MoneyWithdrawn)]
    async fn withdrawn(
        &self,
        event: &MoneyWithdrawn,
        cx: &mut ReadModels<'_>,
    ) -> Result<(), ProjectionError> {
        change(cx, |row| row.balance -= event.amount).await
    }

    #[handles(AccountFrozen)]
    async fn frozen(
        &self,
        _: &AccountFrozen,
        cx: &mut ReadModels<'_>,
    ) -> Result<(), ProjectionError> {
        change(cx, |row| row.status = Status::Frozen.to_string()).await
    }

    #[handles(AccountReleased)]
    async fn released(
        &self,
        _: &AccountReleased,
        cx: &mut ReadModels<'_>,
    ) -> Result<(), ProjectionError> {
        change(cx, |row| row.status = Status::Open.to_string()).await
    }

    #[handles(AccountClosed)]
    async fn closed(
        &self,
        _: &AccountClosed,
        cx: &mut ReadModels<'_>,
    ) -> Result<(), ProjectionError> {
        change(cx, |row| row.status = Status::Closed.to_string()).await
    }
}

async fn change(
    cx: &mut ReadModels<'_>,
    change: impl FnOnce(&mut AccountBalance) + Send,
) -> Result<(), ProjectionError> {
    let account = AccountId::from_uuid(cx.stream_id());
    cx.rows().update(&account, change).await.map(|_found| ())
}
