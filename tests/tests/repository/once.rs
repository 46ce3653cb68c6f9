//! Commands that are sent again: the first outcome, and nothing written.

use std::pin::pin;

use es_core::{
    AppendError, Cause, CommandId, Committed, EventId, EventStore as _, ExecuteError,
    ExpectedVersion, LoadError, Metadata, RetryPolicy, SaveError, StoreError, StreamAppend,
    Version,
};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use uuid::Uuid;

use crate::account::{Account, Deposited, Refusal, Withdrawn, noted, opened};
use crate::scripted::{Incident, Scripted};
use crate::{Accounts, ada, append, names, stored, stream};

type Answer = Result<Committed, ExecuteError<Refusal>>;

async fn withdraw(accounts: &Accounts<Scripted>, command: CommandId, id: Uuid) -> Answer {
    accounts.execute_once(command, id, |account| account.withdraw(300)).await
}

/// Ada's account, after a withdrawal of 300, and what that command was answered.
async fn withdrawn() -> (Accounts<Scripted>, Uuid, CommandId, Committed) {
    let (accounts, id) = ada().await;
    let command = CommandId::new();
    let done = withdraw(&accounts, command, id).await.unwrap();
    assert_eq!((done.events(), done.version()), (1, Version::new(2)));
    accounts.store().calls();
    (accounts, id, command, done)
}

/// Repositories on one store: one without a cache, one with a cold cache, and one with a cache that knows the stream.
async fn all(accounts: &Accounts<Scripted>, id: Uuid) -> [Accounts<Scripted>; 3] {
    let plain = || Accounts::new(accounts.store().clone());
    let warm = plain().cached(10);
    warm.load(id).await.unwrap();
    accounts.store().calls();
    [plain(), plain().cached(10), warm]
}

async fn deposit(accounts: &Accounts<Scripted>, id: Uuid, amount: u64) {
    accounts.store().inner.append(append(stream(id), [Deposited { amount }])).await.unwrap();
}

/// An attempt that was made on an old state, as if it had been made on the present one.
fn anywhere(sent: StreamAppend) -> StreamAppend {
    StreamAppend::new(sent.stream, ExpectedVersion::Any, sent.events)
}

fn unknown(id: Uuid) -> AppendError {
    let (stream, cause) = (stream(id), Cause::new("the line went dead"));
    AppendError::OutcomeUnknown { stream, first_event: EventId::new(), cause }
}

#[tokio::test]
async fn a_repetition_is_answered_as_the_first_time() {
    let (accounts, id, command, done) = withdrawn().await;
    // To decide anew would refuse: there are 200 left.
    let [plain, cold, warm] = all(&accounts, id).await;
    for (accounts, calls) in [(plain, (0, 1, 0)), (cold, (0, 1, 0)), (warm, (0, 1, 1))] {
        assert_eq!(withdraw(&accounts, command, id).await.unwrap(), done);
        assert_eq!(accounts.store().calls(), calls, "a load shows it at no further cost");
    }
    // And where the decision would be accepted again.
    deposit(&accounts, id, 10_000).await;
    let [plain, cold, warm] = all(&accounts, id).await;
    for (accounts, calls) in [(plain, (0, 1, 0)), (cold, (0, 1, 0)), (warm, (1, 0, 1))] {
        assert_eq!(withdraw(&accounts, command, id).await.unwrap(), done);
        assert_eq!(accounts.store().calls(), calls);
    }
    assert_eq!(names(accounts.store(), id).await, ["opened", "withdrawn", "deposited"]);
}

#[tokio::test]
async fn a_state_older_than_the_command_finds_it() {
    let (accounts, id) = ada().await;
    let [.., warm] = all(&accounts, id).await;
    let command = CommandId::new();
    let done = withdraw(&accounts, command, id).await.unwrap();
    for _ in 0..3 {
        deposit(&accounts, id, 500).await;
    }
    accounts.store().calls();
    assert_eq!(withdraw(&warm, command, id).await.unwrap(), done);
    assert_eq!(accounts.store().calls(), (1, 1, 0), "among what was missing");
    let stale = warm.execute(id, |account| account.withdraw(1)).await.unwrap();
    assert_eq!(stale.version(), Version::new(6));
    assert_eq!(accounts.store().calls(), (1, 0, 0), "and now it is known");
}

#[tokio::test]
async fn an_unknown_outcome_is_found_by_sending_again() {
    for (incident, decided) in
        [(Incident::LoseAnswer as fn(AppendError) -> Incident, false), (Incident::Fail, true)]
    {
        let (accounts, id) = ada().await;
        for (nth, accounts) in all(&accounts, id).await.into_iter().enumerate() {
            let command = CommandId::new();
            let take = |account: &Account| account.withdraw(account.balance.min(10));
            accounts.store().then(incident(unknown(id)));
            let error = accounts.execute_once(command, id, take).await.unwrap_err();
            assert!(!error.is_transient() && !error.is_conflict(), "{error:?}");
            let version = Version::new(nth as u64 + 2);
            let mut again = false;
            let done = accounts.execute_once(command, id, |account| {
                again = true;
                take(account)
            });
            assert_eq!(done.await.unwrap().version(), version);
            assert!(again || !decided);
            let events = stored(accounts.store(), id).await;
            assert_eq!(events.len() as u64, version.get(), "stored once");
        }
    }
}

#[tokio::test]
async fn a_first_attempt_still_under_way_is_waited_out_or_overtaken() {
    let (accounts, id) = ada().await;
    deposit(&accounts, id, 10_000).await;
    for accounts in all(&accounts, id).await {
        // The first is sent, and its caller gone. It arrives before the second, after it, or between two of its steps.
        for arrives in 0..3 {
            let command = CommandId::new();
            accounts.store().sent();
            {
                let mut first = pin!(withdraw(&accounts, command, id));
                assert!(first.as_mut().now_or_never().is_none(), "it waits in the store");
            }
            let sent = anywhere(accounts.store().sent().remove(0));
            let before = stored(accounts.store(), id).await.len() as u64;
            match arrives {
                0 => drop(accounts.store().inner.append(sent.clone()).await.unwrap()),
                1 => accounts.store().then(Incident::Interfere(sent.clone())),
                _ => {}
            }
            let done = withdraw(&accounts, command, id).await.unwrap();
            assert_eq!((done.events(), done.version()), (1, Version::new(before + 1)));
            let late = accounts.store().inner.append(sent).await;
            assert!(late.is_err(), "it comes too late");
            assert_eq!(stored(accounts.store(), id).await.len() as u64, before + 1);
        }
    }
}

#[tokio::test]
async fn many_at_once_are_one() {
    let (accounts, id) = ada().await;
    let command = CommandId::new();
    let repositories = all(&accounts, id).await;
    let attempts = (0..12).map(|n| withdraw(&repositories[n % 3], command, id));
    let answers: Vec<_> = join_all(attempts).await.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(names(accounts.store(), id).await, ["opened", "withdrawn"]);
}

#[tokio::test]
async fn a_command_that_recorded_nothing_is_decided_anew() {
    let (accounts, id) = ada().await;
    for accounts in all(&accounts, id).await {
        let (refused, idle) = (CommandId::new(), CommandId::new());
        let balance = accounts.load(id).await.unwrap().state().balance;
        let much = |account: &Account| account.withdraw(balance + 1);
        let error = accounts.execute_once(refused, id, much).await.unwrap_err();
        assert!(error.domain().is_some());
        let done = accounts.execute_once(idle, id, |account| account.deposit(0)).await.unwrap();
        assert_eq!(done.events(), 0);
        deposit(&accounts, id, 100).await;
        assert_eq!(accounts.execute_once(refused, id, much).await.unwrap().events(), 1);
        let done = accounts.execute_once(idle, id, |account| account.deposit(5)).await.unwrap();
        assert_eq!(done.events(), 1);
        let again = accounts.execute_once(idle, id, |account| account.deposit(0)).await.unwrap();
        assert_eq!(again, done);
    }
}

#[tokio::test]
async fn all_events_of_a_command_are_found() {
    let (accounts, id) = ada().await;
    for count in [2, 15, 16, 17, 300] {
        let command = CommandId::new();
        let notes = |_: &Account| Ok::<_, Refusal>(vec![noted("a"); count]);
        let done = accounts.execute_once(command, id, notes).await.unwrap();
        assert_eq!((done.events(), done.versions().len()), (count, count));
        for accounts in all(&accounts, id).await {
            // What is decided differently the second time is not asked.
            for decided in [0, 1, count + 1] {
                let other = |_: &Account| Ok::<_, Refusal>(vec![noted("b"); decided]);
                assert_eq!(accounts.execute_once(command, id, other).await.unwrap(), done);
            }
        }
    }
}

#[tokio::test]
async fn another_stream_is_another_command() {
    let (accounts, id, command, _) = withdrawn().await;
    let other = Uuid::now_v7();
    accounts.create(other, opened("Ben", 400)).await.unwrap();
    let done = withdraw(&accounts, command, other).await.unwrap();
    assert_eq!((done.stream(), done.version()), (&stream(other), Version::new(2)));
    assert_eq!(names(accounts.store(), id).await.len(), 2);
}

#[tokio::test]
async fn a_stream_is_begun_once() {
    let accounts = Accounts::new(Scripted::default());
    for accounts in [accounts.clone(), accounts.clone().cached(10)] {
        let (id, command) = (Uuid::now_v7(), CommandId::new());
        let begin = || (opened("Ada", 500), Withdrawn { amount: 1 });
        let done = accounts.create_once(command, id, begin()).await.unwrap();
        assert_eq!((done.events(), done.version()), (2, Version::new(2)));
        accounts.execute(id, |account| account.withdraw(1)).await.unwrap();
        assert_eq!(accounts.create_once(command, id, begin()).await.unwrap(), done);
        assert_eq!(accounts.create_once(command, id, opened("Eve", 1)).await.unwrap(), done);
        for error in [
            accounts.create_once(CommandId::new(), id, begin()).await.unwrap_err(),
            accounts.create(id, begin()).await.unwrap_err(),
        ] {
            assert!(matches!(error, SaveError::AlreadyExists { .. }), "{error:?}");
        }
        assert_eq!(names(accounts.store(), id).await, ["opened", "withdrawn", "withdrawn"]);

        let (id, command) = (Uuid::now_v7(), CommandId::new());
        accounts.store().then(Incident::LoseAnswer(unknown(id)));
        accounts.create_once(command, id, begin()).await.unwrap_err();
        let done = accounts.create_once(command, id, begin()).await.unwrap();
        assert_eq!((done.events(), done.version()), (2, Version::new(2)));
        // The same command may go on in the stream that it has begun: it is its outcome that counts.
        let again = accounts.execute_once(command, id, |account| account.withdraw(1)).await;
        assert_eq!(again.unwrap(), done);
    }
}

#[tokio::test]
async fn events_name_the_command_as_their_cause() {
    let (accounts, id, command, _) = withdrawn().await;
    let metadata = Metadata::new().actor("teller");
    let by_teller = accounts.with_metadata(metadata.clone());
    let second = CommandId::from_uuid(Uuid::from_u128(7));
    by_teller.execute_once(second, id, |account| account.withdraw(1)).await.unwrap();
    let cause = Uuid::from_u128(9);
    let answering = accounts.with_metadata(Metadata::new().causation(cause));
    answering.execute_once(CommandId::new(), id, |account| account.withdraw(1)).await.unwrap();
    let events = stored(accounts.store(), id).await;
    assert_eq!(events[1].metadata, Metadata::new().causation(command.as_uuid()));
    assert_eq!(events[2].metadata, metadata.causation(Uuid::from_u128(7)));
    assert_eq!(events[3].metadata, Metadata::new().causation(cause), "unless another is named");
}

/// Two attempts at one command, decided differently. The second loses its line, and its ids are found: but of the first.
#[tokio::test]
async fn the_cache_does_not_take_another_attempts_events_for_its_own() {
    let (accounts, id) = ada().await;
    for accounts in all(&accounts, id).await {
        let balance = accounts.load(id).await.unwrap().state().balance;
        let command = CommandId::new();
        let probe = Accounts::new(accounts.store().clone());
        probe.store().sent();
        probe.store().then(Incident::Fail(unknown(id)));
        let first = probe.execute_once(command, id, |_| {
            Ok::<_, Refusal>((Withdrawn { amount: 5 }, Withdrawn { amount: 6 }))
        });
        first.await.unwrap_err();
        let first: StreamAppend = probe.store().sent().remove(0);
        accounts.store().then(Incident::Find(first));
        let done = accounts.execute_once(command, id, |account| account.withdraw(1)).await.unwrap();
        assert_eq!(done.events(), 2, "the first outcome");
        let mut seen = 0;
        let look = accounts.execute(id, |account| {
            seen = account.balance;
            account.deposit(1)
        });
        look.await.unwrap();
        assert_eq!(seen, balance - 11);
    }
}

#[tokio::test]
async fn what_the_store_cannot_tell_is_not_guessed() {
    let (accounts, id, command, done) = withdrawn().await;
    let [.., warm] = all(&accounts, id).await;
    accounts.store().locate_in_vain(true);
    let error = withdraw(&warm, command, id).await.unwrap_err();
    let ExecuteError::Load(LoadError::Store(StoreError::Unavailable(_))) = error else {
        panic!("a refusal is not given without knowing: {error:?}")
    };
    let small = warm.execute_once(command, id, |account| account.withdraw(1)).await.unwrap_err();
    let ExecuteError::Save(SaveError::Append(AppendError::OutcomeUnknown { first_event, .. })) =
        small
    else {
        panic!("{small:?}")
    };
    assert_eq!(first_event, stored(accounts.store(), id).await[1].id);
    accounts.store().locate_in_vain(false);
    assert_eq!(withdraw(&warm, command, id).await.unwrap(), done);
}

#[tokio::test]
async fn a_last_conflict_may_be_the_first_attempt() {
    let (accounts, id) = ada().await;
    for accounts in all(&accounts, id).await {
        let accounts = accounts.retry(RetryPolicy::NEVER);
        let command = CommandId::new();
        let take = |account: &Account| account.withdraw(1);
        accounts.store().sent();
        accounts.store().then(Incident::Fail(unknown(id)));
        accounts.execute_once(command, id, take).await.unwrap_err();
        let first = anywhere(accounts.store().sent().remove(0));
        accounts.store().then(Incident::Interfere(first));
        assert_eq!(accounts.execute_once(command, id, take).await.unwrap().events(), 1);

        accounts.store().then(Incident::Interfere(append(stream(id), [noted("faster")])));
        let error = accounts.execute_once(CommandId::new(), id, take).await.unwrap_err();
        assert!(error.is_conflict(), "{error:?}");
    }
}

#[test]
fn an_id_is_written_as_its_uuid() {
    let id = Uuid::from_u128(0x0102_0304);
    let command = CommandId::from(id);
    assert_eq!((command.to_string(), command.as_uuid()), (id.to_string(), id));
    let json = serde_json::to_string(&command).unwrap();
    assert_eq!(serde_json::from_str::<CommandId>(&json).unwrap(), command);
    assert_ne!(CommandId::new(), CommandId::new());
}
