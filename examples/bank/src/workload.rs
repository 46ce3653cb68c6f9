//! A deterministic day at the bank: the same commands with the same answers at every run, on every store.

use std::error::Error;
use std::future::Future;

use es_core::prelude::*;
use es_core::{Committed, ExecuteError};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use crate::account::{AccountError, AccountId, BankAccount};

/// What anything here may fail with.
pub type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// What happened on that day.
#[derive(Debug)]
pub struct Day {
    /// The accounts, in the order in which they were opened.
    pub accounts: Vec<(&'static str, AccountId)>,
    /// Commands that the domain refused, with its reason.
    pub refused: Vec<(String, AccountError)>,
    /// The command that met a conflict.
    pub retried: Retried,
}

/// A command that had to be decided twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retried {
    /// What was asked for.
    pub command: String,
    /// The balance that each attempt saw.
    pub balances_seen: Vec<Decimal>,
    /// The version that the stream had in the end.
    pub version: Version,
}

/// Plays the day.
///
/// # Errors
/// When a command fails that should not have, or one succeeds that should not have.
pub async fn play<S: EventStore + Clone>(store: &S) -> Result<Day> {
    let bank = Repository::<BankAccount, _>::new(store.clone());
    let at_branch = bank.with_metadata(Metadata::new().actor("branch").with("channel", "counter"));

    let mut accounts = Vec::new();
    for (owner, deposit) in [("Ada", dec!(500)), ("Grace", dec!(120.50)), ("Edsger", dec!(1000))] {
        let id = AccountId::generate();
        let _ = at_branch.create(id, BankAccount::open(owner, deposit)?).await?;
        accounts.push((owner, id));
    }
    let [(_, ada), (_, grace), (_, edsger)] = accounts[..] else {
        return Err("three accounts were opened".into());
    };

    for month in 1..=3 {
        let salary = format!("salary {month}");
        bank.execute(ada, |account| account.deposit(dec!(250.25), &salary)).await?;
        bank.execute(ada, |account| account.withdraw(dec!(80))).await?;
    }
    bank.execute(grace, |account| account.freeze("card reported stolen")).await?;

    let refused = refused(&bank, ada, grace).await?;
    bank.execute(grace, BankAccount::release).await?;
    let retried = retried(&bank, ada).await?;

    // Two decisions on one loaded account, stored by one append.
    let mut leaving = bank.load(edsger).await?;
    leaving.decide(|account| account.deposit(dec!(0.01), "interest"))?;
    leaving.decide(BankAccount::pay_out_and_close)?;
    bank.save(&mut leaving).await?;

    Ok(Day { accounts, refused, retried })
}

/// Commands that break a rule: none of them leaves an event.
async fn refused<S: EventStore>(
    bank: &Repository<BankAccount, S>,
    ada: AccountId,
    grace: AccountId,
) -> Result<Vec<(String, AccountError)>> {
    let opened = BankAccount::open("Mallory", dec!(99.99));
    let mut refused = vec![("open with 99.99".to_owned(), expect_refusal(opened)?)];
    let frozen = bank.execute(grace, |account| account.withdraw(dec!(20))).await;
    refused.push(("Grace withdraws 20".to_owned(), expect_domain(frozen)?));
    let too_much = bank.execute(ada, |account| account.withdraw(dec!(5000))).await;
    refused.push(("Ada withdraws 5000".to_owned(), expect_domain(too_much)?));
    let not_empty = bank.execute(ada, BankAccount::close).await;
    refused.push(("Ada closes".to_owned(), expect_domain(not_empty)?));
    Ok(refused)
}

/// Between the load and the append of Ada's withdrawal a deposit arrives: the withdrawal is decided anew on it.
async fn retried<S: EventStore>(
    bank: &Repository<BankAccount, S>,
    ada: AccountId,
) -> Result<Retried> {
    let (mut balances_seen, mut bonus) = (Vec::new(), None);
    let withdrawn = bank.execute(ada, |account| {
        balances_seen.push(account.balance());
        if bonus.is_none() {
            let deposit = bank.execute(ada, |account| account.deposit(dec!(1000), "bonus"));
            bonus = Some(wait_for(deposit));
        }
        account.withdraw(dec!(900))
    });
    let version = withdrawn.await?.version();
    bonus.transpose()?;
    Ok(Retried { command: "Ada withdraws 900".to_owned(), balances_seen, version })
}

/// Decisions are synchronous; only this demonstration needs to wait inside of one.
fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}

fn expect_domain(done: Result<Committed, ExecuteError<AccountError>>) -> Result<AccountError> {
    match done {
        Ok(_) => Err("the command should have been refused".into()),
        Err(ExecuteError::Domain(error)) => Ok(error),
        Err(other) => Err(other.into()),
    }
}

fn expect_refusal<T>(decided: Result<T, AccountError>) -> Result<AccountError> {
    decided.err().ok_or_else(|| "the command should have been refused".into())
}
