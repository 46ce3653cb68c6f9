//! Creating, and executing commands, alone and against others.

use std::sync::atomic::{AtomicU32, Ordering};

use es_core::{
    AppendError, Cause, EventId, ExecuteError, ExpectedVersion, Invalid, LoadError, MemoryStore,
    Position, Repository, RetryPolicy, SaveError, StoreError, Version,
};
use futures_util::future::join_all;
use uuid::Uuid;

use crate::account::{Account, Counted, Deposited, Refusal, Tally, Withdrawn, noted, opened};
use crate::scripted::{Incident, Scripted};
use crate::{Accounts, ada, append, names, stream};

#[tokio::test]
async fn create_begins_a_stream() {
    let accounts = Accounts::new(MemoryStore::new());
    accounts.create(Uuid::now_v7(), opened("Ben", 100)).await.unwrap();
    let id = Uuid::now_v7();
    let begin = Account::open("Ada", 500).unwrap();
    let done = accounts.create(id, (begin, Withdrawn { amount: 1 })).await.unwrap();
    assert_eq!((done.stream(), done.events()), (&stream(id), 2));
    assert_eq!((done.version(), done.position()), (Version::new(2), Position::new(3)));

    let root = accounts.load(id).await.unwrap();
    assert_eq!((root.version(), root.position()), (done.version(), done.position()));
    assert_eq!((root.state().owner.as_str(), root.state().balance), ("Ada", 499));
    assert_eq!(root.stream(), &stream(id));
}

#[tokio::test]
async fn what_exists_cannot_be_created() {
    let (accounts, id) = ada().await;
    let error = accounts.create(id, opened("Ben", 100)).await.unwrap_err();
    assert!(
        matches!(&error, SaveError::AlreadyExists { stream: s } if *s == stream(id)),
        "{error:?}"
    );
    assert!(!error.is_conflict(), "deciding anew does not help");
    assert_eq!(names(accounts.store(), id).await, ["opened"]);
}

#[tokio::test]
async fn a_beginning_needs_an_event_that_begins() {
    let accounts = Accounts::new(Scripted::default());
    let id = Uuid::now_v7();
    let error = accounts.create(id, ()).await.unwrap_err();
    let SaveError::Append(AppendError::Invalid(Invalid::NoEvents { stream: s })) = error else {
        panic!("{error:?}")
    };
    assert_eq!(s, stream(id));
    let error = accounts.create(id, Deposited { amount: 1 }).await.unwrap_err();
    let SaveError::Replay { stream: s, cause } = error else { panic!("{error:?}") };
    assert_eq!(s, stream(id));
    assert_eq!(cause.to_string(), "event `deposited` cannot begin a stream of `account`");
    assert_eq!(accounts.store().appends(), 0, "nothing was sent to the store");
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let accounts = Accounts::new(MemoryStore::new());
    let id = Uuid::now_v7();
    let error = accounts.load(id).await.unwrap_err();
    assert!(matches!(&error, LoadError::NotFound { stream: s } if *s == stream(id)), "{error:?}");
    let decided = AtomicU32::new(0);
    let error = accounts
        .execute(id, |account| {
            decided.fetch_add(1, Ordering::SeqCst);
            account.withdraw(1)
        })
        .await
        .unwrap_err();
    assert!(matches!(error, ExecuteError::Load(LoadError::NotFound { .. })), "{error:?}");
    assert_eq!(decided.into_inner(), 0, "nothing is decided on an account that does not exist");
}

#[tokio::test]
async fn execute_loads_decides_and_appends() {
    let (accounts, id) = ada().await;
    let done = accounts.execute(id, |account| account.withdraw(50)).await.unwrap();
    assert_eq!(
        (done.events(), done.version(), done.position()),
        (1, Version::new(2), Position::new(2))
    );
    assert_eq!(accounts.load(id).await.unwrap().state().balance, 450);
}

#[tokio::test]
async fn a_decision_with_nothing_to_record_appends_nothing() {
    let (accounts, id) = ada().await;
    accounts.create(Uuid::now_v7(), opened("Ben", 100)).await.unwrap();
    let appends = accounts.store().appends();
    let done = accounts.execute(id, |account| account.deposit(0)).await.unwrap();
    assert_eq!(
        (done.events(), done.version(), done.position()),
        (0, Version::new(1), Position::new(1))
    );
    accounts.execute(id, |_| Ok::<_, Refusal>(())).await.unwrap();
    assert_eq!(accounts.store().appends(), appends);
}

#[tokio::test]
async fn the_domains_refusal_is_the_domains_own_error() {
    let (accounts, id) = ada().await;
    let error = accounts.execute(id, |account| account.withdraw(501)).await.unwrap_err();
    assert_eq!(error.to_string(), "500 is not enough for 501");
    assert!(!error.is_conflict() && !error.is_transient());
    assert_eq!(error.domain(), Some(Refusal::InsufficientFunds { balance: 500, amount: 501 }));
    assert_eq!(names(accounts.store(), id).await, ["opened"]);
}

#[tokio::test]
async fn a_retry_decides_anew_on_the_fresh_state() {
    let (accounts, id) = ada().await;
    for amount in [10, 20] {
        accounts.store().then(Incident::Interfere(append(stream(id), [Withdrawn { amount }])));
    }
    let mut seen = Vec::new();
    let done = accounts
        .execute(id, |account| {
            seen.push(account.balance);
            account.withdraw(account.balance)
        })
        .await
        .unwrap();
    assert_eq!(seen, [500, 490, 470], "each attempt sees what the other writer left");
    assert_eq!(
        (done.version(), accounts.load(id).await.unwrap().state().balance),
        (Version::new(4), 0)
    );
}

#[tokio::test]
async fn a_retry_may_end_in_a_refusal() {
    let (accounts, id) = ada().await;
    accounts.store().then(Incident::Interfere(append(stream(id), [Withdrawn { amount: 490 }])));
    let error = accounts.execute(id, |account| account.withdraw(50)).await.unwrap_err();
    assert_eq!(error.domain(), Some(Refusal::InsufficientFunds { balance: 10, amount: 50 }));
}

#[tokio::test]
async fn when_the_retries_are_used_up_it_is_a_conflict() {
    for (policy, attempts) in [
        (RetryPolicy::NEVER, 1),
        (RetryPolicy::times(1), 2),
        (RetryPolicy::times(3), 4),
        (RetryPolicy::default(), 11),
    ] {
        let (accounts, id) = ada().await;
        let accounts = accounts.retry(policy);
        for _ in 0..20 {
            accounts.store().then(Incident::Interfere(append(stream(id), [noted("faster")])));
        }
        let mut decided = 0_u64;
        let error = accounts
            .execute(id, |account| {
                decided += 1;
                account.withdraw(1)
            })
            .await
            .unwrap_err();
        assert!(error.is_conflict() && !error.is_transient(), "{error:?}");
        assert_eq!(decided, attempts, "{policy:?}");
        let ExecuteError::Save(SaveError::Append(AppendError::Conflict {
            stream: s,
            expected,
            actual,
        })) = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(s, stream(id));
        assert_eq!(expected, ExpectedVersion::Exact(Version::new(attempts)));
        assert_eq!(actual, Version::new(attempts + 1));
        assert_eq!(accounts.load(id).await.unwrap().state().balance, 500, "nothing was written");
    }
}

#[tokio::test]
async fn only_a_conflict_is_retried() {
    let cause = || Cause::new("the line is dead");
    let unavailable = || AppendError::Store(StoreError::Unavailable(cause()));
    let (accounts, id) = ada().await;
    accounts.store().then(Incident::Fail(unavailable()));
    let appends = accounts.store().appends();
    let error = accounts.execute(id, |account| account.withdraw(1)).await.unwrap_err();
    assert!(error.is_transient() && !error.is_conflict(), "{error:?}");
    assert_eq!(accounts.store().appends(), appends + 1, "the caller says whether to try again");

    // To decide anew after an unknown outcome could do the same thing twice.
    let first_event = EventId::new();
    let unknown = AppendError::OutcomeUnknown { stream: stream(id), first_event, cause: cause() };
    accounts.store().then(Incident::LoseAnswer(unknown));
    let error = accounts.execute(id, |account| account.withdraw(1)).await.unwrap_err();
    assert!(!error.is_transient() && !error.is_conflict(), "{error:?}");
    assert_eq!(names(accounts.store(), id).await, ["opened", "withdrawn"]);
}

#[tokio::test]
async fn commands_at_once_lose_no_update() {
    let (accounts, id) = ada().await;
    let commands = (0..8).map(|_| accounts.execute(id, |account| account.deposit(account.balance)));
    let mut versions = Vec::new();
    for done in join_all(commands).await {
        versions.push(done.unwrap().version().get());
    }
    versions.sort_unstable();
    assert_eq!(versions, (2..=9).collect::<Vec<_>>(), "each command has its own version");
    let state = accounts.load(id).await.unwrap();
    assert_eq!(state.state().balance, 500 << 8, "each was decided on the state before it");
    assert!(accounts.store().appends() > 9, "there were conflicts");
}

#[tokio::test]
async fn creators_at_once_leave_one_stream() {
    let accounts = Accounts::new(Scripted::default());
    let id = Uuid::now_v7();
    let creators = (0..8).map(|n| accounts.create(id, opened(&n.to_string(), 100)));
    let outcomes = join_all(creators).await;
    let refused = outcomes.iter().filter(|o| matches!(o, Err(SaveError::AlreadyExists { .. })));
    assert_eq!(refused.count(), 7, "{outcomes:?}");
    assert_eq!(names(accounts.store(), id).await, ["opened"]);
}

#[tokio::test]
async fn an_aggregate_with_a_state_of_its_own_needs_no_creation() {
    let tallies = Repository::<Tally, _>::new(Scripted::default());
    let id = Uuid::now_v7();
    let root = tallies.load(id).await.unwrap();
    assert_eq!((root.version(), root.state()), (Version::START, &Tally { total: 0 }));

    // Another writer begins the stream first: that is a conflict like any other.
    tallies.store().then(Incident::Interfere(append(root.stream().clone(), [Counted { by: 5 }])));
    let done =
        tallies.execute(id, |tally| Ok::<_, ()>(Counted { by: tally.total + 1 })).await.unwrap();
    assert_eq!(done.version(), Version::new(2));
    assert_eq!(tallies.load(id).await.unwrap().state().total, 11);

    let mut stale = root;
    stale.record(Counted { by: 1 }).unwrap();
    let error = tallies.save(&mut stale).await.unwrap_err();
    assert!(error.is_conflict(), "loading again would help: {error:?}");
    let error = tallies.create(id, Counted { by: 1 }).await.unwrap_err();
    assert!(matches!(error, SaveError::AlreadyExists { .. }), "{error:?}");
}
