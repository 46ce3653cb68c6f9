//! The two-step form: load, several decisions, save.

use es_core::{AppendError, Cause, ExecuteError, Metadata, Root, SaveError, StoreError, Version};
use uuid::Uuid;

use crate::account::{Account, Noted, Refusal, Withdrawn, noted, opened};
use crate::scripted::Incident;
use crate::{ada, names, stored, stream};

#[tokio::test]
async fn several_decisions_on_one_root_are_saved_in_one_append() {
    let (accounts, id) = ada().await;
    let appends = accounts.store().appends();
    let mut root = accounts.load(id).await.unwrap();
    assert!(root.pending().is_empty(), "what is loaded is not pending");
    root.decide(|account| account.withdraw(450)).unwrap();
    let error = root.decide(|account| account.withdraw(51)).unwrap_err();
    assert_eq!(error.domain(), Some(Refusal::InsufficientFunds { balance: 50, amount: 51 }));
    root.decide(|account| Ok::<_, Refusal>((account.deposit(5)?, account.withdraw(10)?))).unwrap();

    let pending: Vec<_> = root.pending().iter().map(|event| event.name.as_str()).collect();
    assert_eq!(pending, ["withdrawn", "deposited", "withdrawn"]);
    assert_eq!((root.version(), root.state().balance), (Version::new(1), 45));
    assert_eq!(root.state().versions, [1, 2, 3, 4], "handlers see the versions to come");
    assert_eq!(accounts.store().appends(), appends, "nothing is stored yet");

    let ids: Vec<_> = root.pending().iter().map(|event| event.id).collect();
    let done = accounts.save(&mut root).await.unwrap();
    assert_eq!((done.events(), done.version(), done.position().get()), (3, Version::new(4), 4));
    assert_eq!(done.versions().map(Version::get).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(accounts.store().appends(), appends + 1);
    assert!(root.pending().is_empty(), "what is saved is not pending");
    assert_eq!((root.version(), root.position().get()), (Version::new(4), 4));
    let found: Vec<_> = stored(accounts.store(), id).await.iter().skip(1).map(|e| e.id).collect();
    assert_eq!(found, ids);

    let done = accounts.save(&mut root).await.unwrap();
    assert_eq!((done.events(), done.version(), done.position().get()), (0, Version::new(4), 4));
    assert_eq!(done.versions().len(), 0);
    assert_eq!(accounts.store().appends(), appends + 1, "nothing pending is nothing to do");
    root.decide(|account| account.withdraw(1)).unwrap();
    assert_eq!(accounts.save(&mut root).await.unwrap().version(), Version::new(5));
}

#[tokio::test]
async fn a_root_that_could_not_be_saved_keeps_its_pending_events() {
    let (accounts, id) = ada().await;
    let (mut first, mut second) =
        (accounts.load(id).await.unwrap(), accounts.load(id).await.unwrap());
    first.decide(|account| account.withdraw(1)).unwrap();
    second.decide(|account| account.withdraw(2)).unwrap();
    accounts.save(&mut first).await.unwrap();
    let pending = second.pending().to_vec();
    for _ in 0..2 {
        let error = accounts.save(&mut second).await.unwrap_err();
        assert!(error.is_conflict(), "{error:?}");
        assert_eq!((second.pending(), second.version()), (&pending[..], Version::new(1)));
    }

    accounts
        .store()
        .then(Incident::Fail(AppendError::Store(StoreError::Unavailable(Cause::new("away")))));
    first.decide(|account| account.withdraw(3)).unwrap();
    assert!(accounts.save(&mut first).await.unwrap_err().is_transient());
    assert_eq!(
        accounts.save(&mut first).await.unwrap().version(),
        Version::new(3),
        "the second try succeeds"
    );
}

#[tokio::test]
async fn what_loading_gives_equals_what_recording_left() {
    let (accounts, id) = ada().await;
    let mut root = Root::<Account>::create(Uuid::now_v7(), opened("Ben", 100)).unwrap();
    root.record((noted("Größe 🦀"), Withdrawn { amount: 30 })).unwrap();
    accounts.save(&mut root).await.unwrap();
    root.decide(|account| account.withdraw(7)).unwrap();
    accounts.save(&mut root).await.unwrap();
    let loaded = accounts.load(root.stream().id()).await.unwrap();
    assert_eq!(loaded.state(), root.state());
    assert_eq!((loaded.version(), loaded.position()), (root.version(), root.position()));

    let events = stored(accounts.store(), root.stream().id()).await;
    let replayed = Root::<Account>::replay(root.stream().id(), &events).unwrap();
    assert_eq!((replayed.state(), replayed.version()), (root.state(), root.version()));
    assert_eq!(accounts.load(id).await.unwrap().state().owner, "Ada", "streams do not mix");
}

#[tokio::test]
async fn recording_sees_an_event_as_loading_will() {
    let (accounts, id) = ada().await;
    let mut root = accounts.load(id).await.unwrap();
    root.record(Noted { text: "a".to_owned(), private: 7 }).unwrap();
    assert_eq!(root.state().notes, [("a".to_owned(), 0)], "what serde skips is lost at once");
    accounts.save(&mut root).await.unwrap();
    assert_eq!(accounts.load(id).await.unwrap().state(), root.state());
}

#[tokio::test]
async fn metadata_is_on_every_event_and_handlers_see_it() {
    let (accounts, id) = ada().await;
    let metadata = Metadata::new().actor("teller").tenant("bank").with("channel", "branch");
    let by_teller = accounts.with_metadata(metadata.clone());
    let two = |account: &Account| Ok::<_, Refusal>((account.deposit(1)?, account.withdraw(1)?));
    by_teller.execute(id, two).await.unwrap();
    let mut root = by_teller.load(id).await.unwrap();
    root.decide(two).unwrap();
    assert_eq!(root.state().actors, ["teller"; 4], "also while they are pending");
    by_teller.save(&mut root).await.unwrap();
    let other = Uuid::now_v7();
    by_teller.create(other, opened("Ben", 100)).await.unwrap();

    let events = stored(accounts.store(), id).await;
    assert_eq!(events[0].metadata, Metadata::new(), "not on what others wrote");
    assert!(events[1..].iter().all(|event| event.metadata == metadata), "{events:?}");
    assert_eq!(stored(accounts.store(), other).await[0].metadata, metadata);
    assert_eq!(accounts.load(id).await.unwrap().state().actors, ["teller"; 4]);
}

#[tokio::test]
async fn an_event_that_cannot_be_written_changes_nothing() {
    let (accounts, id) = ada().await;
    let mut root = accounts.load(id).await.unwrap();
    root.record(Withdrawn { amount: 1 }).unwrap();
    let error = root.record((Withdrawn { amount: 2 }, noted("nul \0"))).unwrap_err();
    let SaveError::Encode { event: "noted", .. } = error else { panic!("{error:?}") };
    assert_eq!((root.state().balance, root.pending().len()), (499, 1), "not the good one either");
    accounts.save(&mut root).await.unwrap();
    let error = accounts.execute(id, |_| Ok::<_, Refusal>(noted("\0"))).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Save(SaveError::Encode { .. })), "{error:?}");
    assert_eq!(names(accounts.store(), id).await, ["opened", "withdrawn"]);
}

#[tokio::test]
async fn a_root_with_an_event_that_does_not_fit_cannot_be_saved() {
    let (accounts, id) = ada().await;
    let mut root = accounts.load(id).await.unwrap();
    let error = root.record((Withdrawn { amount: 1 }, opened("Ben", 100))).unwrap_err();
    let SaveError::Replay { stream: s, cause } = &error else { panic!("{error:?}") };
    assert_eq!(*s, stream(id));
    let twice = "event `opened` begins a stream of `account`, but this one has begun already";
    assert_eq!(cause.to_string(), twice);
    assert!(matches!(root.record(noted("later")), Err(SaveError::Replay { .. })));
    assert!(matches!(accounts.save(&mut root).await, Err(SaveError::Replay { .. })));
    assert_eq!(names(accounts.store(), id).await, ["opened"]);
}

#[tokio::test]
async fn a_root_that_was_created_and_saved_is_like_any_other() {
    let (accounts, other) = ada().await;
    let mut root = Root::<Account>::create(other, opened("Ben", 100)).unwrap();
    let error = accounts.save(&mut root).await.unwrap_err();
    assert!(matches!(error, SaveError::AlreadyExists { .. }), "{error:?}");
    assert_eq!(root.pending().len(), 1, "it keeps its pending events");

    let id = Uuid::now_v7();
    let mut root = Root::<Account>::create(id, opened("Ben", 100)).unwrap();
    assert_eq!((root.version(), root.pending().len()), (Version::START, 1));
    accounts.save(&mut root).await.unwrap();
    accounts.execute(id, |account| account.withdraw(1)).await.unwrap();
    root.decide(|account| account.withdraw(1)).unwrap();
    let error = accounts.save(&mut root).await.unwrap_err();
    assert!(error.is_conflict(), "the stream has moved on: {error:?}");
}
