//! The account: its events, its state, its rules.

use std::fmt;

use es_core::prelude::*;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use thiserror::Error;

/// What an account is opened with at least.
pub const MINIMUM_DEPOSIT: Decimal = dec!(100);

/// Identifies an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AggregateId)]
#[aggregate_id(category = "bank-account")]
pub struct AccountId(Uuid);

/// An account was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "account-opened")]
pub struct AccountOpened {
    /// Whose it is.
    pub owner: String,
    /// What was paid in.
    pub initial_deposit: Decimal,
}

/// Money was paid in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "money-deposited")]
pub struct MoneyDeposited {
    /// How much.
    pub amount: Decimal,
    /// What for.
    pub reference: String,
}

/// Money was taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "money-withdrawn")]
pub struct MoneyWithdrawn {
    /// How much.
    pub amount: Decimal,
}

/// Nothing may be taken out any more, until the account is released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "account-frozen")]
pub struct AccountFrozen {
    /// Why.
    pub reason: String,
}

/// A frozen account may be used again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "account-released")]
pub struct AccountReleased;

/// The account is gone for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "account-closed")]
pub struct AccountClosed;

/// Where an account is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// In use.
    Open,
    /// Deposits only.
    Frozen,
    /// Gone for good.
    Closed,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Frozen => "frozen",
            Self::Closed => "closed",
        })
    }
}

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AccountError {
    /// Too little to begin with.
    #[error("an account is opened with at least {MINIMUM_DEPOSIT}, not with {0}")]
    DepositTooSmall(Decimal),
    /// Zero or less.
    #[error("an amount is more than zero, not {0}")]
    NotAnAmount(Decimal),
    /// More than there is.
    #[error("{wanted} is more than the balance of {balance}")]
    InsufficientFunds {
        /// What was asked for.
        wanted: Decimal,
        /// What there is.
        balance: Decimal,
    },
    /// Not in this state.
    #[error("the account is {0}")]
    NotWhile(Status),
    /// Not with money in it.
    #[error("the account still holds {0}")]
    NotEmpty(Decimal),
}

/// An account, as its events made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankAccount {
    owner: String,
    balance: Decimal,
    status: Status,
}

#[aggregate(name = "bank-account", id = AccountId)]
impl BankAccount {
    #[handles(AccountOpened)]
    fn opened(event: &AccountOpened) -> Self {
        let (owner, balance) = (event.owner.clone(), event.initial_deposit);
        Self { owner, balance, status: Status::Open }
    }

    #[handles(MoneyDeposited)]
    fn deposited(&mut self, event: &MoneyDeposited) {
        self.balance += event.amount;
    }

    #[handles(MoneyWithdrawn)]
    fn withdrawn(&mut self, event: &MoneyWithdrawn) {
        self.balance -= event.amount;
    }

    #[handles(AccountFrozen)]
    fn frozen(&mut self, _: &AccountFrozen) {
        self.status = Status::Frozen;
    }

    #[handles(AccountReleased)]
    fn released(&mut self, _: &AccountReleased) {
        self.status = Status::Open;
    }

    #[handles(AccountClosed)]
    fn closed(&mut self, _: &AccountClosed) {
        self.status = Status::Closed;
    }

    /// Opens an account.
    ///
    /// # Errors
    /// When the deposit is below [`MINIMUM_DEPOSIT`].
    pub fn open(owner: &str, initial_deposit: Decimal) -> Result<AccountOpened, AccountError> {
        if initial_deposit < MINIMUM_DEPOSIT {
            return Err(AccountError::DepositTooSmall(initial_deposit));
        }
        Ok(AccountOpened { owner: owner.to_owned(), initial_deposit })
    }

    /// Pays money in; a frozen account takes it too.
    ///
    /// # Errors
    /// When the amount is not above zero, or the account is closed.
    pub fn deposit(
        &self,
        amount: Decimal,
        reference: &str,
    ) -> Result<MoneyDeposited, AccountError> {
        positive(amount)?;
        if self.status == Status::Closed {
            return Err(AccountError::NotWhile(self.status));
        }
        Ok(MoneyDeposited { amount, reference: reference.to_owned() })
    }

    /// Takes money out.
    ///
    /// # Errors
    /// When the amount is not above zero or above the balance, or the account is not open.
    pub fn withdraw(&self, amount: Decimal) -> Result<MoneyWithdrawn, AccountError> {
        positive(amount)?;
        self.must_be(Status::Open)?;
        if amount > self.balance {
            let balance = self.balance;
            return Err(AccountError::InsufficientFunds { wanted: amount, balance });
        }
        Ok(MoneyWithdrawn { amount })
    }

    /// Freezes an open account; a frozen one is frozen already, which is no error and records nothing.
    ///
    /// # Errors
    /// When the account is closed.
    pub fn freeze(&self, reason: &str) -> Result<Option<AccountFrozen>, AccountError> {
        match self.status {
            Status::Open => Ok(Some(AccountFrozen { reason: reason.to_owned() })),
            Status::Frozen => Ok(None),
            Status::Closed => Err(AccountError::NotWhile(self.status)),
        }
    }

    /// Releases a frozen account.
    ///
    /// # Errors
    /// When it is not frozen.
    pub fn release(&self) -> Result<AccountReleased, AccountError> {
        self.must_be(Status::Frozen)?;
        Ok(AccountReleased)
    }

    /// Closes an empty account.
    ///
    /// # Errors
    /// When there is money in it, or it is not open.
    pub fn close(&self) -> Result<AccountClosed, AccountError> {
        self.must_be(Status::Open)?;
        if self.balance != Decimal::ZERO {
            return Err(AccountError::NotEmpty(self.balance));
        }
        Ok(AccountClosed)
    }

    /// Pays out whatever is left and closes the account: two events, or one when it is empty.
    ///
    /// # Errors
    /// When the account is not open.
    pub fn pay_out_and_close(
        &self,
    ) -> Result<(Option<MoneyWithdrawn>, AccountClosed), AccountError> {
        self.must_be(Status::Open)?;
        let rest = (!self.balance.is_zero()).then_some(MoneyWithdrawn { amount: self.balance });
        Ok((rest, AccountClosed))
    }

    /// Whose it is.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// What is in it.
    pub fn balance(&self) -> Decimal {
        self.balance
    }

    /// Where it is in its life.
    pub fn status(&self) -> Status {
        self.status
    }

    fn must_be(&self, status: Status) -> Result<(), AccountError> {
        if self.status == status { Ok(()) } else { Err(AccountError::NotWhile(self.status)) }
    }
}

fn positive(amount: Decimal) -> Result<(), AccountError> {
    if amount > Decimal::ZERO { Ok(()) } else { Err(AccountError::NotAnAmount(amount)) }
}
