//! A repository with a cache: how much it asks of its store, and that no state in it is ever wrong.

use std::panic::AssertUnwindSafe;
use std::pin::pin;

use es_core::{
    AppendError, CacheStats, Cause, EventBus, EventId, EventStore as _, ExecuteError, LoadError,
    Metadata, ReplayError, Repository, RetryPolicy, SaveError, StoreError, StreamQuery, Subscribed,
    Version,
};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use uuid::Uuid;

use crate::account::{Account, Counted, Deposited, Refusal, Tally, Withdrawn, noted, opened};
use crate::scripted::{Incident, Scripted};
use crate::{Accounts, append, stream};

/// An account with 500 in it, at version 1, created through a cache.
async fn warm() -> (Accounts<Scripted>, Uuid) {
    let (accounts, id) = (Accounts::new(Scripted::default()).cached(10), Uuid::now_v7());
    accounts.create(id, opened("Ada", 500)).await.unwrap();
    accounts.store().calls();
    (accounts, id)
}

/// The same account through a cache that has not seen it.
fn cold(accounts: &Accounts<Scripted>) -> Accounts<Scripted> {
    Accounts::new(accounts.store().clone()).cached(10)
}

async fn interfere(accounts: &Accounts<Scripted>, id: Uuid, amount: u64) {
    accounts.store().inner.append(append(stream(id), [Deposited { amount }])).await.unwrap();
}

async fn withdraw(accounts: &Accounts<Scripted>, id: Uuid, amount: u64) -> u64 {
    let done = accounts.execute(id, |account| account.withdraw(amount)).await.unwrap();
    done.version().get()
}

/// What the cache answers with is what the log says, and the next command is one append.
async fn assert_sound(accounts: &Accounts<Scripted>, id: Uuid) {
    let uncached = Accounts::new(accounts.store().clone()).load(id).await.unwrap();
    let mut seen = None;
    let done = accounts.execute(id, |account| {
        seen = Some(account.clone());
        account.deposit(1)
    });
    assert_eq!(done.await.unwrap().version().get(), uncached.version().get() + 1);
    assert_eq!(seen.as_ref(), Some(uncached.state()));
    accounts.store().calls();
    accounts.execute(id, |account| account.deposit(1)).await.unwrap();
    assert_eq!(accounts.store().calls(), (1, 0, 0));
}

fn unknown(id: Uuid) -> AppendError {
    let (stream, cause) = (stream(id), Cause::new("the line went dead"));
    AppendError::OutcomeUnknown { stream, first_event: EventId::new(), cause }
}

#[tokio::test]
async fn a_warm_command_is_one_append() {
    let (accounts, id) = warm().await;
    for version in 2..5 {
        assert_eq!(withdraw(&accounts, id, 1).await, version);
        assert_eq!(accounts.store().calls(), (1, 0, 0));
    }
    let cold = cold(&accounts);
    assert_eq!(withdraw(&cold, id, 1).await, 5);
    assert_eq!(accounts.store().calls(), (1, 1, 0), "the first one loads");
    assert_eq!(withdraw(&cold, id, 1).await, 6);
    assert_eq!(accounts.store().calls(), (1, 0, 0));
    let stats = cold.cache_stats();
    assert_eq!((stats.hits, stats.misses), (1, 1));
    let stats = accounts.cache_stats();
    assert_eq!((stats.hits, stats.misses), (3, 0), "what is created is known");
    assert_sound(&accounts, id).await;
    let plain = Accounts::new(accounts.store().clone());
    assert_eq!(plain.cache_stats(), CacheStats::default());
}

#[tokio::test]
async fn commands_of_one_process_take_turns() {
    let (accounts, id) = warm().await;
    let accounts = accounts.retry(RetryPolicy::NEVER);
    for accounts in [accounts.clone(), cold(&accounts).retry(RetryPolicy::NEVER)] {
        let before = accounts.load(id).await.unwrap().version().get();
        accounts.store().calls();
        let commands = (0..8).map(|n| {
            let accounts = accounts.clone();
            async move { accounts.execute(id, |_| Ok::<_, Refusal>(noted(&n.to_string()))).await }
        });
        let versions =
            join_all(commands).await.into_iter().map(|done| done.unwrap().version().get());
        let expected: Vec<_> = (before + 1..=before + 8).collect();
        assert_eq!(versions.collect::<Vec<_>>(), expected, "in the order in which they came");
        assert_eq!(accounts.store().appends(), 8, "none met a conflict");
        assert_sound(&accounts, id).await;
    }
}

#[tokio::test]
async fn after_a_conflict_only_what_is_missing_is_read() {
    let (accounts, id) = warm().await;
    for amount in 1..=4 {
        withdraw(&accounts, id, amount).await;
    }
    interfere(&accounts, id, 70).await;
    interfere(&accounts, id, 7).await;
    accounts.store().calls();
    let mut seen = Vec::new();
    let done = accounts
        .execute(id, |account| {
            seen.push(account.balance);
            account.withdraw(account.balance)
        })
        .await
        .unwrap();
    assert_eq!((seen, done.version()), (vec![490, 567], Version::new(8)));
    let after = StreamQuery::after(Version::new(4));
    assert_eq!(accounts.store().read(), [after], "the last event known and what came after it");
    assert_eq!(accounts.store().sent().len(), 2);
    assert_sound(&accounts, id).await;
}

#[tokio::test]
async fn nobody_is_refused_for_what_is_long_past() {
    let (accounts, id) = warm().await;
    interfere(&accounts, id, 700).await;
    let mut decided = 0;
    let done = accounts.execute(id, |account| {
        decided += 1;
        account.withdraw(1_200)
    });
    assert_eq!(done.await.unwrap().version(), Version::new(3));
    assert_eq!(decided, 2, "once on the old state, once on what is stored");
    assert_eq!(accounts.store().calls(), (1, 1, 0));

    let error = accounts.execute(id, |account| account.withdraw(1)).await.unwrap_err();
    assert_eq!(error.domain(), Some(Refusal::InsufficientFunds { balance: 0, amount: 1 }));
    assert_eq!(accounts.store().calls(), (0, 1, 0), "a refusal is asked for once more");
    interfere(&accounts, id, 5).await;
    accounts.store().calls();
    let done = accounts.execute(id, |account| account.deposit(0)).await.unwrap();
    assert_eq!((done.events(), done.version()), (0, Version::new(4)), "where the stream is now");
    assert_sound(&accounts, id).await;

    let cold = cold(&accounts);
    cold.store().calls();
    cold.execute(id, |account| account.withdraw(1_000)).await.unwrap_err();
    assert_eq!(cold.store().calls(), (0, 1, 0), "what was just loaded is not read again");
}

#[tokio::test]
async fn no_failure_leaves_a_wrong_state() {
    let (accounts, id) = warm().await;
    let fails = |error| accounts.store().then(Incident::Fail(error));
    fails(AppendError::Store(StoreError::Unavailable(Cause::new("away"))));
    accounts.execute(id, |account| account.withdraw(1)).await.unwrap_err();
    assert_sound(&accounts, id).await;
    accounts.execute(id, |_| Ok::<_, Refusal>(noted("\0"))).await.unwrap_err();
    assert_sound(&accounts, id).await;
    // It fits the account, and then the second of the two does not.
    let misfit = |_: &Account| Ok::<_, Refusal>((Withdrawn { amount: 1 }, opened("Ben", 100)));
    let error = accounts.execute(id, misfit).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Save(SaveError::Replay { .. })), "{error:?}");
    assert_sound(&accounts, id).await;
    accounts.execute(id, |account| account.withdraw(10_000)).await.unwrap_err();
    assert_sound(&accounts, id).await;

    fails(unknown(id));
    accounts.execute(id, |account| account.withdraw(1)).await.unwrap_err();
    assert_sound(&accounts, id).await;
    accounts.store().then(Incident::LoseAnswer(unknown(id)));
    let balance = accounts.load(id).await.unwrap().state().balance;
    accounts.execute(id, |account| account.withdraw(1)).await.unwrap_err();
    assert_sound(&accounts, id).await;
    assert_eq!(accounts.load(id).await.unwrap().state().balance, balance - 1 + 2);
}

#[tokio::test]
async fn a_panic_or_a_dropped_future_gives_the_turn_back() {
    let (accounts, id) = warm().await;
    let panics = accounts.execute(id, |_| -> Result<(), Refusal> { panic!("as it was told to") });
    AssertUnwindSafe(panics).catch_unwind().await.unwrap_err();
    assert_sound(&accounts, id).await;
    for arrives in [false, true] {
        let sent = {
            let mut first = pin!(accounts.execute(id, |account| account.withdraw(1)));
            let mut second = pin!(accounts.execute(id, |account| account.withdraw(2)));
            accounts.store().sent();
            assert!(first.as_mut().now_or_never().is_none(), "it waits in the store");
            assert!(second.as_mut().now_or_never().is_none(), "it waits for its turn");
            accounts.store().sent().remove(0)
        };
        if arrives {
            accounts.store().inner.append(sent).await.unwrap();
        }
        assert_sound(&accounts, id).await;
    }
}

#[tokio::test]
async fn a_late_attempt_of_unknown_outcome_costs_a_retry() {
    let (accounts, id) = warm().await;
    accounts.store().then(Incident::Fail(unknown(id)));
    accounts.execute(id, |account| account.withdraw(1)).await.unwrap_err();
    let late = accounts.store().sent().remove(0);
    accounts.store().then(Incident::Interfere(late));
    assert_eq!(withdraw(&accounts, id, 2).await, 3);
    assert_eq!(accounts.load(id).await.unwrap().state().balance, 497);
    assert_sound(&accounts, id).await;
}

#[tokio::test]
async fn a_restored_store_is_loaded_anew() {
    // Shorter than what was seen.
    for looked in [false, true] {
        let (accounts, id) = warm().await;
        withdraw(&accounts, id, 1).await;
        accounts.store().backup.append(append(stream(id), [opened("Ada", 500)])).await.unwrap();
        accounts.store().restore();
        if looked {
            assert_eq!(accounts.load(id).await.unwrap().version(), Version::new(1));
        }
        assert_eq!(withdraw(&accounts, id, 10).await, 2);
        assert_sound(&accounts, id).await;
    }

    // As long, with other events; and longer, so that a command conflicts.
    for notes in [1, 3] {
        let (accounts, id) = warm().await;
        withdraw(&accounts, id, 1).await;
        let backup = &accounts.store().backup;
        backup.append(append(stream(id), [opened("Ada", 300)])).await.unwrap();
        backup.append(append(stream(id), (0..notes).map(|_| noted("other")))).await.unwrap();
        accounts.store().restore();
        if notes == 1 {
            assert_eq!(accounts.load(id).await.unwrap().state().balance, 300);
        }
        assert_eq!(withdraw(&accounts, id, 100).await, notes + 2);
        assert_eq!(accounts.load(id).await.unwrap().state().balance, 200);
        assert_sound(&accounts, id).await;
        assert_eq!(accounts.cache_stats().misses, 1);
    }

    // Not there at all.
    let (accounts, id) = warm().await;
    accounts.store().restore();
    let error = accounts.execute(id, |account| account.withdraw(1)).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Load(LoadError::NotFound { .. })), "{error:?}");
}

#[tokio::test]
async fn what_is_not_found_is_looked_for_each_time() {
    let accounts = Accounts::new(Scripted::default()).cached(10);
    let id = Uuid::now_v7();
    for _ in 0..2 {
        let error = accounts.load(id).await.unwrap_err();
        assert!(matches!(error, LoadError::NotFound { .. }), "{error:?}");
        let error = accounts.execute(id, |account| account.withdraw(1)).await.unwrap_err();
        assert!(matches!(error, ExecuteError::Load(LoadError::NotFound { .. })), "{error:?}");
    }
    assert_eq!(accounts.cache_stats().misses, 4);
    let other = Accounts::new(accounts.store().clone());
    other.create(id, opened("Ada", 500)).await.unwrap();
    assert_eq!(withdraw(&accounts, id, 1).await, 2);

    // Nothing has to begin a tally: two that begin it at once conflict.
    let tallies = Repository::<Tally, _>::new(accounts.store().clone()).cached(10);
    let (id, other) = (Uuid::now_v7(), Repository::<Tally, _>::new(accounts.store().clone()));
    let count = |_: &Tally| Ok::<_, Refusal>(Counted { by: 1 });
    tallies.load(id).await.unwrap();
    other.execute(id, count).await.unwrap();
    assert_eq!(tallies.execute(id, count).await.unwrap().version(), Version::new(2));
    assert_eq!(tallies.load(id).await.unwrap().state().total, 2);
}

#[tokio::test]
async fn errors_are_those_of_a_repository_without_a_cache() {
    let (accounts, id) = warm().await;
    let unknown = append(stream(id), [Counted { by: 1 }]);
    accounts.store().inner.append(unknown).await.unwrap();
    for accounts in [accounts.clone(), Accounts::new(accounts.store().clone())] {
        for _ in 0..2 {
            let decided = accounts.execute(id, |account| account.withdraw(1)).await.unwrap_err();
            let ExecuteError::Load(error) = decided else { panic!("{decided:?}") };
            for error in [error, accounts.load(id).await.unwrap_err()] {
                let LoadError::Replay { stream: s, version, cause } = error else {
                    panic!("{error:?}")
                };
                assert_eq!((s, version), (stream(id), Version::new(2)));
                assert!(matches!(cause, ReplayError::UnknownEvent { .. }), "{cause:?}");
            }
        }
    }
    let tallies = Repository::<Tally, _>::new(accounts.store().clone()).cached(10);
    let error = tallies.load(id).await.unwrap_err();
    assert!(matches!(error, LoadError::Store(StoreError::WrongCategory { .. })), "{error:?}");
}

#[tokio::test]
async fn when_the_retries_are_used_up_it_is_a_conflict() {
    let (accounts, id) = warm().await;
    let accounts = accounts.retry(RetryPolicy::times(2));
    for _ in 0..3 {
        accounts.store().then(Incident::Interfere(append(stream(id), [noted("faster")])));
    }
    let error = accounts.execute(id, |account| account.withdraw(1)).await.unwrap_err();
    assert!(error.is_conflict(), "{error:?}");
    assert_eq!(accounts.store().appends(), 3);
    assert_sound(&accounts, id).await;
}

#[tokio::test]
async fn loading_reads_what_came_after() {
    let (accounts, id) = warm().await;
    withdraw(&accounts, id, 1).await;
    interfere(&accounts, id, 10).await;
    accounts.store().calls();
    for _ in 0..2 {
        let root = accounts.load(id).await.unwrap();
        assert_eq!((root.version(), root.state().balance), (Version::new(3), 509));
    }
    let after = [1, 2].map(|version| StreamQuery::after(Version::new(version)));
    assert_eq!(accounts.store().read(), after, "and keeps it");
    let past = accounts.load_at(id, Version::new(1)).await.unwrap();
    assert_eq!((past.version(), past.state().balance), (Version::new(1), 500));
    assert_eq!(accounts.load(id).await.unwrap().version(), Version::new(3));
    assert_sound(&accounts, id).await;
}

#[tokio::test]
async fn a_saved_root_is_what_the_cache_knows() {
    let (accounts, id) = warm().await;
    let mut root = accounts.load(id).await.unwrap();
    root.decide(|account| account.withdraw(100)).unwrap();
    assert_eq!(accounts.load(id).await.unwrap().state().balance, 500, "not before it is saved");
    accounts.save(&mut root).await.unwrap();
    accounts.store().calls();
    assert_eq!(withdraw(&accounts, id, 400).await, 3);
    assert_eq!(accounts.store().calls(), (1, 0, 0));

    // A root that lost its race leaves the state alone.
    root.record(Deposited { amount: 1_000 }).unwrap();
    assert!(accounts.save(&mut root).await.unwrap_err().is_conflict());
    let error = accounts.execute(id, |account| account.withdraw(1)).await.unwrap_err();
    assert!(error.domain().is_some());
    assert_sound(&accounts, id).await;

    // Nor does one that is further than the cache, as long as it waits to be saved.
    interfere(&accounts, id, 1).await;
    let mut root = Accounts::new(accounts.store().clone()).load(id).await.unwrap();
    root.record(Deposited { amount: 1_000 }).unwrap();
    accounts.store().then(Incident::Fail(unknown(id)));
    accounts.save(&mut root).await.unwrap_err();
    assert_sound(&accounts, id).await;
}

#[tokio::test]
async fn clones_share_one_cache_and_keep_their_metadata() {
    let (accounts, id) = warm().await;
    let bus = EventBus::new(10);
    let mut published = bus.subscribe(Subscribed::All);
    let by_teller = accounts.with_metadata(Metadata::new().actor("teller")).publish_to(&bus);
    withdraw(&by_teller, id, 1).await;
    withdraw(&accounts, id, 1).await;
    let sent: Vec<_> = accounts.store().sent();
    assert_eq!(sent.len(), 2, "no conflict between them");
    let actors = sent.iter().map(|append| append.events[0].metadata.actor.as_deref());
    assert_eq!(actors.collect::<Vec<_>>(), [Some("teller"), None]);
    let event = published.next().await.unwrap().unwrap();
    assert_eq!((event.version, event.name.as_str()), (Version::new(2), "withdrawn"));
    assert_eq!(accounts.cache_stats(), by_teller.cache_stats());
    assert_eq!(accounts.load(id).await.unwrap().state().actors, ["teller"]);
    assert_sound(&accounts, id).await;
}

#[tokio::test]
async fn a_small_cache_forgets_and_stays_right() {
    let accounts = Accounts::new(Scripted::default()).cached(0);
    let ids: Vec<_> = (0..20).map(|_| Uuid::now_v7()).collect();
    for id in &ids {
        accounts.create(*id, opened("Ada", 500)).await.unwrap();
    }
    for round in 0..5 {
        let all = ids.iter().map(|id| accounts.execute(*id, |account| account.withdraw(1)));
        for done in join_all(all).await {
            assert_eq!(done.unwrap().version(), Version::new(round + 2));
        }
    }
    assert!(accounts.cache_stats().misses > 50, "there is room for one");
    for id in ids {
        assert_eq!(accounts.load(id).await.unwrap().state().balance, 495);
    }
}
