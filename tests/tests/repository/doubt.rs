//! Saving again after an attempt whose outcome nobody learnt.

use std::pin::pin;

use es_core::{
    AppendError, Cause, EventId, EventStore as _, ExecuteError, ExpectedVersion, MemoryStore,
    Repository, Root, SaveError, StoreError, StreamAppend, Version,
};
use futures_util::FutureExt as _;
use uuid::Uuid;

use crate::account::{Account, Withdrawn, noted, opened};
use crate::scripted::{Incident, Scripted};
use crate::{Accounts, names, stream};

/// Ada's account, on which a withdrawal waits to be saved.
struct Ada {
    accounts: Accounts<Scripted>,
    id: Uuid,
    root: Root<Account>,
}

impl Ada {
    async fn withdraws() -> Self {
        let accounts = Accounts::new(Scripted::default());
        let id = Uuid::now_v7();
        accounts.create(id, opened("Ada", 500)).await.unwrap();
        let mut root = accounts.load(id).await.unwrap();
        root.record(Withdrawn { amount: 1 }).unwrap();
        Self { accounts, id, root }
    }

    /// The attempt as it may still arrive.
    fn attempt(&self) -> StreamAppend {
        StreamAppend::new(stream(self.id), ExpectedVersion::Any, self.root.pending().to_vec())
    }

    async fn save(&mut self) -> Result<Version, SaveError> {
        Ok(self.accounts.save(&mut self.root).await?.version())
    }

    /// Saves while `incident` happens, which leaves the outcome unknown.
    async fn save_in_vain(&mut self, incident: Incident) {
        self.accounts.store().then(incident);
        let error = self.save().await.unwrap_err();
        let unknown = matches!(error, SaveError::Append(AppendError::OutcomeUnknown { .. }));
        assert!(unknown, "an attempt may still come: {error:?}");
        assert!(!error.is_transient());
    }

    async fn stored(&self) -> Vec<String> {
        names(self.accounts.store(), self.id).await
    }
}

fn unknown(id: Uuid) -> AppendError {
    let (stream, cause) = (stream(id), Cause::new("the line went dead"));
    AppendError::OutcomeUnknown { stream, first_event: EventId::new(), cause }
}

#[tokio::test]
async fn what_was_stored_after_all_is_not_stored_again() {
    let mut ada = Ada::withdraws().await;
    ada.root.record(Withdrawn { amount: 2 }).unwrap();
    ada.save_in_vain(Incident::LoseAnswer(unknown(ada.id))).await;

    ada.root.record(noted("meanwhile")).unwrap();
    let done = ada.accounts.save(&mut ada.root).await.unwrap();
    assert_eq!((done.events(), done.version()), (3, Version::new(4)));
    assert!(ada.root.pending().is_empty());
    assert_eq!(ada.stored().await, ["opened", "withdrawn", "withdrawn", "noted"]);
}

#[tokio::test]
async fn what_was_not_stored_is_stored_by_saving_again() {
    let mut ada = Ada::withdraws().await;
    ada.save_in_vain(Incident::Fail(unknown(ada.id))).await;
    assert_eq!(ada.save().await.unwrap(), Version::new(2));
    assert_eq!(ada.stored().await, ["opened", "withdrawn"]);
}

#[tokio::test]
async fn a_new_root_that_was_stored_after_all_does_not_exist_already() {
    let accounts = Accounts::new(Scripted::default());
    let id = Uuid::now_v7();
    let mut root = Root::create(id, opened("Ada", 500)).unwrap();
    accounts.store().then(Incident::LoseAnswer(unknown(id)));
    accounts.save(&mut root).await.unwrap_err();
    assert_eq!(accounts.save(&mut root).await.unwrap().version(), Version::new(1));
    assert_eq!(names(accounts.store(), id).await, ["opened"]);
}

#[tokio::test]
async fn an_attempt_that_arrives_late_is_recognised() {
    let mut ada = Ada::withdraws().await;
    ada.save_in_vain(Incident::Fail(unknown(ada.id))).await;
    ada.accounts.store().then(Incident::Interfere(ada.attempt()));
    assert_eq!(ada.save().await.unwrap(), Version::new(2));
    assert_eq!(ada.stored().await, ["opened", "withdrawn"]);
}

#[tokio::test]
async fn what_was_recorded_after_a_late_attempt_is_saved_behind_it() {
    let mut ada = Ada::withdraws().await;
    let late = ada.attempt();
    ada.save_in_vain(Incident::Fail(unknown(ada.id))).await;
    ada.root.record(noted("meanwhile")).unwrap();
    ada.accounts.store().then(Incident::Interfere(late));
    assert_eq!(ada.save().await.unwrap(), Version::new(3));
    assert_eq!(ada.stored().await, ["opened", "withdrawn", "noted"]);
}

#[tokio::test]
async fn doubt_lasts_until_there_is_a_definite_answer() {
    let mut ada = Ada::withdraws().await;
    ada.save_in_vain(Incident::Fail(unknown(ada.id))).await;
    let away = StoreError::Unavailable(Cause::new("away"));
    ada.save_in_vain(Incident::Fail(AppendError::Store(away))).await;
    ada.accounts.store().inner.append(ada.attempt()).await.unwrap();
    assert_eq!(ada.save().await.unwrap(), Version::new(2));
    assert_eq!(ada.stored().await, ["opened", "withdrawn"]);
}

#[tokio::test]
async fn a_save_that_was_dropped_can_be_made_again() {
    let mut ada = Ada::withdraws().await;
    {
        let mut saving = pin!(ada.accounts.save(&mut ada.root));
        assert!(saving.as_mut().now_or_never().is_none(), "it waits in the store");
    }
    // As if what was sent had arrived all the same.
    ada.accounts.store().inner.append(ada.attempt()).await.unwrap();
    assert_eq!(ada.save().await.unwrap(), Version::new(2));
    assert_eq!(ada.stored().await, ["opened", "withdrawn"]);
}

#[tokio::test]
async fn a_conflict_with_somebody_else_stays_a_conflict() {
    let mut ada = Ada::withdraws().await;
    ada.save_in_vain(Incident::Fail(unknown(ada.id))).await;
    let other = Repository::<Account, MemoryStore>::new(ada.accounts.store().inner.clone());
    let done = other.execute(ada.id, |account| account.withdraw(2)).await;
    done.map_err(ExecuteError::domain).unwrap();
    assert!(ada.save().await.unwrap_err().is_conflict());
    assert_eq!(ada.root.pending().len(), 1);
}
