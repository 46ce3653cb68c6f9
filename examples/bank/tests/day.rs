//! The day at the bank is the same on every store, and its read model agrees with its accounts.

use bank::account::{AccountError, BankAccount, Status};
use bank::balances::{AccountBalance, AccountBalances};
use bank::{earlier, workload};
use es_core::prelude::*;
use es_core::{LogQuery, SubscriptionStore};
use es_tests::{TestDatabase, TestFile};
use futures_util::TryStreamExt as _;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

#[tokio::test(flavor = "multi_thread")]
async fn a_day_in_memory() {
    check(MemoryStore::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_on_sqlite() {
    let file = TestFile::create();
    check(file.store().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_on_postgres() {
    let database = TestDatabase::create().await;
    check(database.store().await).await;
}

async fn check<S: SubscriptionStore + Clone>(store: S) {
    assert!(earlier::look(&store).await.expect("looks").is_none(), "nothing has happened yet");
    store.ensure_read_model::<AccountBalance>().await.expect("a table");
    let day = workload::play(&store).await.expect("a day without surprises");

    let reasons: Vec<_> = day.refused.iter().map(|(_, reason)| reason.clone()).collect();
    assert_eq!(
        reasons,
        [
            AccountError::DepositTooSmall(dec!(99.99)),
            AccountError::NotWhile(Status::Frozen),
            AccountError::InsufficientFunds { wanted: dec!(5000), balance: dec!(1010.75) },
            AccountError::NotEmpty(dec!(1010.75)),
        ]
    );
    assert_eq!(day.retried.balances_seen, [dec!(1010.75), dec!(2010.75)], "decided on fresh state");
    assert_eq!(day.retried.version, Version::new(9), "the deposit that was faster has version 8");

    let mut projector = Projector::new(store.clone(), AccountBalances).batch_size(4);
    let first = projector.catch_up().await.expect("projects");
    assert_eq!(first.events, 16);
    assert_eq!(projector.catch_up().await.expect("again").events, 0, "each event once");

    let accounts = Repository::<BankAccount, _>::new(store.clone());
    let expected: [(&str, Decimal, Status, u64); 3] = [
        ("Ada", dec!(1110.75), Status::Open, 9),
        ("Grace", dec!(120.50), Status::Open, 3),
        ("Edsger", dec!(0), Status::Closed, 4),
    ];
    for ((owner, id), (name, balance, status, version)) in day.accounts.iter().zip(expected) {
        assert_eq!(*owner, name);
        let root = accounts.load(*id).await.expect("loads");
        let account = root.state();
        assert_eq!((account.balance(), account.status()), (balance, status), "{owner}");
        assert_eq!(root.version(), Version::new(version), "{owner}");
        let row = store.row::<AccountBalance>(id).await.expect("reads").expect("a row");
        assert_eq!(row.balance, account.balance(), "{owner}");
        assert_eq!(row.status, account.status().to_string(), "{owner}");
        assert_eq!(row.owner, account.owner());
    }

    let left = earlier::look(&store).await.expect("looks").expect("there is a day before");
    assert_eq!((left.events, left.accounts), (16, 3));
    let ada = BankAccount::stream_id(day.accounts[0].1).expect("an account's stream");
    assert_eq!((left.oldest.stream(), left.oldest.version()), (&ada, Version::new(9)));
    let first = store.stream_log(LogQuery::default()).try_next().await.expect("reads");
    assert_eq!(Some(left.opened_at), first.map(|event| event.occurred_at));
}
