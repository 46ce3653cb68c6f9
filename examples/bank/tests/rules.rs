//! The account's rules, given what happened, when a decision is made, then what is recorded.

use bank::account::{
    AccountClosed, AccountError, AccountFrozen, AccountOpened, AccountReleased, BankAccount,
    MoneyDeposited, MoneyWithdrawn, Status,
};
use es_core::testing::{given, given_nothing};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

fn opened(initial_deposit: Decimal) -> AccountOpened {
    AccountOpened { owner: "Ada".into(), initial_deposit }
}

fn deposited(amount: Decimal) -> MoneyDeposited {
    MoneyDeposited { amount, reference: "salary".into() }
}

fn frozen() -> AccountFrozen {
    AccountFrozen { reason: "lost card".into() }
}

#[test]
fn an_account_is_opened_with_the_minimum() {
    given_nothing::<BankAccount>()
        .when_creating(|| BankAccount::open("Ada", dec!(100)))
        .then(opened(dec!(100)))
        .then_state(|account| assert_eq!(account.balance(), dec!(100)));
    given_nothing::<BankAccount>()
        .when_creating(|| BankAccount::open("Ada", dec!(99.99)))
        .then_error(AccountError::DepositTooSmall(dec!(99.99)));
}

#[test]
fn money_goes_in_and_out() {
    given::<BankAccount>(opened(dec!(100)))
        .when(|account| account.deposit(dec!(0.01), "salary"))
        .then(deposited(dec!(0.01)))
        .then_state(|account| assert_eq!(account.balance(), dec!(100.01)));
    given::<BankAccount>((opened(dec!(100)), deposited(dec!(50))))
        .when(|account| account.withdraw(dec!(150)))
        .then(MoneyWithdrawn { amount: dec!(150) })
        .then_state(|account| assert_eq!(account.balance(), Decimal::ZERO));
}

#[test]
fn an_amount_is_more_than_zero() {
    for amount in [dec!(0), dec!(-1)] {
        given::<BankAccount>(opened(dec!(100)))
            .when(|account| account.deposit(amount, "salary"))
            .then_error(AccountError::NotAnAmount(amount));
        given::<BankAccount>(opened(dec!(100)))
            .when(|account| account.withdraw(amount))
            .then_error(AccountError::NotAnAmount(amount));
    }
}

#[test]
fn nobody_takes_out_more_than_there_is() {
    given::<BankAccount>(opened(dec!(100)))
        .when(|account| account.withdraw(dec!(100.01)))
        .then_error(AccountError::InsufficientFunds { wanted: dec!(100.01), balance: dec!(100) });
}

#[test]
fn a_frozen_account_takes_deposits_only() {
    given::<BankAccount>((opened(dec!(100)), frozen()))
        .when(|account| account.withdraw(dec!(1)))
        .then_error(AccountError::NotWhile(Status::Frozen));
    given::<BankAccount>((opened(dec!(100)), frozen()))
        .when(BankAccount::close)
        .then_error(AccountError::NotWhile(Status::Frozen));
    given::<BankAccount>((opened(dec!(100)), frozen()))
        .when(|account| account.deposit(dec!(1), "salary"))
        .then(deposited(dec!(1)));
    given::<BankAccount>((opened(dec!(100)), frozen()))
        .when(|account| account.freeze("again"))
        .then_nothing();
    given::<BankAccount>((opened(dec!(100)), frozen()))
        .when(BankAccount::release)
        .then(AccountReleased)
        .then_state(|account| assert_eq!(account.status(), Status::Open));
    given::<BankAccount>(opened(dec!(100)))
        .when(BankAccount::release)
        .then_error(AccountError::NotWhile(Status::Open));
}

#[test]
fn an_account_is_closed_empty_and_for_good() {
    given::<BankAccount>(opened(dec!(100)))
        .when(BankAccount::close)
        .then_error(AccountError::NotEmpty(dec!(100)));
    given::<BankAccount>(opened(dec!(100)))
        .when(BankAccount::pay_out_and_close)
        .then((MoneyWithdrawn { amount: dec!(100) }, AccountClosed));
    let closed = || (opened(dec!(100)), MoneyWithdrawn { amount: dec!(100) }, AccountClosed);
    given::<BankAccount>((opened(dec!(100)), MoneyWithdrawn { amount: dec!(100) }))
        .when(BankAccount::pay_out_and_close)
        .then(AccountClosed);
    let refused = AccountError::NotWhile(Status::Closed);
    given::<BankAccount>(closed()).when(|a| a.deposit(dec!(1), "")).then_error(refused.clone());
    given::<BankAccount>(closed()).when(|a| a.withdraw(dec!(1))).then_error(refused.clone());
    given::<BankAccount>(closed()).when(|a| a.freeze("")).then_error(refused.clone());
    given::<BankAccount>(closed()).when(BankAccount::release).then_error(refused.clone());
    given::<BankAccount>(closed()).when(BankAccount::close).then_error(refused);
}
