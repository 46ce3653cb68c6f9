//! Saving again after an attempt whose outcome nobody learnt.

use std::pin::pin;

use es_core::{
    AppendError, Cause, EventId, ExecuteError, MemoryStore, Repository, SaveError, Version,
};
use futures_util::FutureExt as _;
use uuid::Uuid;

use crate::account::{Account, Withdrawn, noted, opened};
use crate::scripted::{Incident, Scripted};
use crate::{names, stream};

fn unknown(id: Uuid) -> AppendError {
    let (stream, cause) = (stream(id), Cause::new("the line went dead"));
    AppendError::OutcomeUnknown { stream, first_event: EventId::new(), cause }
}

async fn ada() -> (Repository<Account, Scripted>, Uuid) {
    let accounts = Repository::new(Scripted::default());
    let id = Uuid::now_v7();
    accounts.create(id, opened("Ada", 500)).await.unwrap();
    (accounts, id)
}

#[tokio::test]
async fn what_was_stored_after_all_is_not_stored_again() {
    let (accounts, id) = ada().await;
    let mut root = accounts.load(id).await.unwrap();
    root.record((Withdrawn { amount: 1 }, Withdrawn { amount: 2 })).unwrap();
    accounts.store().then(Incident::LoseAnswer(unknown(id)));
    let error = accounts.save(&mut root).await.unwrap_err();
    assert!(matches!(error, SaveError::Append(AppendError::OutcomeUnknown { .. })), "{error:?}");

    root.record(noted("meanwhile")).unwrap();
    let done = accounts.save(&mut root).await.unwrap();
    assert_eq!((done.events(), done.version()), (3, Version::new(4)));
    assert!(root.pending().is_empty());
    let stored = names(accounts.store(), id).await;
    assert_eq!(stored, ["opened", "withdrawn", "withdrawn", "noted"]);
}

#[tokio::test]
async fn what_was_not_stored_is_stored_by_saving_again() {
    let (accounts, id) = ada().await;
    let mut root = accounts.load(id).await.unwrap();
    root.record(Withdrawn { amount: 1 }).unwrap();
    accounts.store().then(Incident::Fail(unknown(id)));
    accounts.save(&mut root).await.unwrap_err();
    assert_eq!(accounts.save(&mut root).await.unwrap().version(), Version::new(2));
    assert_eq!(names(accounts.store(), id).await, ["opened", "withdrawn"]);
}

#[tokio::test]
async fn a_new_root_that_was_stored_after_all_does_not_exist_already() {
    let accounts = Repository::<Account, _>::new(Scripted::default());
    let id = Uuid::now_v7();
    let mut root = es_core::Root::create(id, opened("Ada", 500)).unwrap();
    accounts.store().then(Incident::LoseAnswer(unknown(id)));
    accounts.save(&mut root).await.unwrap_err();
    assert_eq!(accounts.save(&mut root).await.unwrap().version(), Version::new(1));
    assert_eq!(names(accounts.store(), id).await, ["opened"]);
}

#[tokio::test]
async fn an_attempt_that_arrives_late_is_recognised() {
    let (accounts, id) = ada().await;
    let mut root = accounts.load(id).await.unwrap();
    root.record(Withdrawn { amount: 1 }).unwrap();
    let late = es_core::StreamAppend::new(
        stream(id),
        es_core::ExpectedVersion::Any,
        root.pending().to_vec(),
    );
    accounts.store().then(Incident::Fail(unknown(id)));
    accounts.save(&mut root).await.unwrap_err();
    accounts.store().then(Incident::Interfere(late));
    assert_eq!(accounts.save(&mut root).await.unwrap().version(), Version::new(2));
    assert_eq!(names(accounts.store(), id).await, ["opened", "withdrawn"]);
}

#[tokio::test]
async fn a_save_that_was_dropped_can_be_made_again() {
    let (accounts, id) = ada().await;
    let mut root = accounts.load(id).await.unwrap();
    root.record(Withdrawn { amount: 1 }).unwrap();
    {
        let mut saving = pin!(accounts.save(&mut root));
        assert!(saving.as_mut().now_or_never().is_none(), "it waits in the store");
    }
    // As if what was sent had arrived all the same.
    let sent = es_core::StreamAppend::new(
        stream(id),
        es_core::ExpectedVersion::Any,
        root.pending().to_vec(),
    );
    es_core::EventStore::append(&accounts.store().inner, sent).await.unwrap();
    assert_eq!(accounts.save(&mut root).await.unwrap().version(), Version::new(2));
    assert_eq!(names(accounts.store(), id).await, ["opened", "withdrawn"]);
}

#[tokio::test]
async fn a_conflict_with_somebody_else_stays_a_conflict() {
    let (accounts, id) = ada().await;
    let mut root = accounts.load(id).await.unwrap();
    root.record(Withdrawn { amount: 1 }).unwrap();
    accounts.store().then(Incident::Fail(unknown(id)));
    accounts.save(&mut root).await.unwrap_err();
    let other = Repository::<Account, MemoryStore>::new(accounts.store().inner.clone());
    let done = other.execute(id, |account| account.withdraw(2)).await;
    done.map_err(ExecuteError::domain).unwrap();
    assert!(accounts.save(&mut root).await.unwrap_err().is_conflict());
    assert_eq!(root.pending().len(), 1);
}

#[tokio::test]
async fn doubt_lasts_until_there_is_a_definite_answer() {
    let (accounts, id) = ada().await;
    let mut root = accounts.load(id).await.unwrap();
    root.record(Withdrawn { amount: 1 }).unwrap();
    let sent = es_core::StreamAppend::new(
        stream(id),
        es_core::ExpectedVersion::Any,
        root.pending().to_vec(),
    );
    accounts.store().then(Incident::Fail(unknown(id)));
    accounts.save(&mut root).await.unwrap_err();
    let away = es_core::StoreError::Unavailable(Cause::new("away"));
    accounts.store().then(Incident::Fail(AppendError::Store(away)));
    let error = accounts.save(&mut root).await.unwrap_err();
    let unknown = matches!(error, SaveError::Append(AppendError::OutcomeUnknown { .. }));
    assert!(unknown, "the first attempt may still come: {error:?}");
    assert!(!error.is_transient());

    es_core::EventStore::append(&accounts.store().inner, sent).await.unwrap();
    assert_eq!(accounts.save(&mut root).await.unwrap().version(), Version::new(2));
    assert_eq!(names(accounts.store(), id).await, ["opened", "withdrawn"]);
}

#[tokio::test]
async fn what_was_recorded_after_a_late_attempt_is_saved_behind_it() {
    let (accounts, id) = ada().await;
    let mut root = accounts.load(id).await.unwrap();
    root.record(Withdrawn { amount: 1 }).unwrap();
    let late = es_core::StreamAppend::new(
        stream(id),
        es_core::ExpectedVersion::Any,
        root.pending().to_vec(),
    );
    accounts.store().then(Incident::Fail(unknown(id)));
    accounts.save(&mut root).await.unwrap_err();
    root.record(noted("meanwhile")).unwrap();
    accounts.store().then(Incident::Interfere(late));
    assert_eq!(accounts.save(&mut root).await.unwrap().version(), Version::new(3));
    assert_eq!(names(accounts.store(), id).await, ["opened", "withdrawn", "noted"]);
}
