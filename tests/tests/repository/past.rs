//! The state at a version, and at a time.

use chrono::{DateTime, TimeDelta, Utc};
use es_core::{
    EventStore as _, ExpectedVersion, LoadError, MemoryStore, NewEvent, StreamAppend, Version,
};
use uuid::Uuid;

use crate::account::{Deposited, Withdrawn, opened};
use crate::{Accounts, ada, stream};

#[tokio::test]
async fn the_state_at_a_version_is_that_of_the_events_up_to_it() {
    let (accounts, id) = ada().await;
    for amount in [1, 2, 3] {
        accounts.execute(id, |account| account.deposit(amount)).await.unwrap();
    }
    let error = accounts.load_at(id, Version::START).await.unwrap_err();
    assert!(matches!(error, LoadError::NotFound { .. }), "{error:?}");
    for (asked, found, balance) in [(1, 1, 500), (2, 2, 501), (3, 3, 503), (4, 4, 506), (9, 4, 506)]
    {
        let root = accounts.load_at(id, Version::new(asked)).await.unwrap();
        assert_eq!((root.version().get(), root.position().get()), (found, found), "at {asked}");
        assert_eq!(root.state().balance, balance, "at {asked}");
    }
    let mut old = accounts.load_at(id, Version::new(2)).await.unwrap();
    old.record(Withdrawn { amount: 1 }).unwrap();
    assert!(accounts.save(&mut old).await.unwrap_err().is_conflict(), "the past cannot be changed");
}

#[tokio::test]
async fn the_state_as_of_a_time_ends_before_the_first_later_event() {
    let accounts = Accounts::new(MemoryStore::new());
    let id = Uuid::now_v7();
    let at = |minutes| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minutes);
    let mut events = vec![NewEvent::of(&opened("Ada", 500)).unwrap().occurred_at(at(10))];
    // The third happened before the second, by the writers' word.
    for (amount, minutes) in [(1, 30), (2, 20), (4, 40)] {
        events.push(NewEvent::of(&Deposited { amount }).unwrap().occurred_at(at(minutes)));
    }
    let import = StreamAppend::new(stream(id), ExpectedVersion::NoStream, events);
    accounts.store().append(import).await.unwrap();

    let error = accounts.load_as_of(id, at(10) - TimeDelta::microseconds(1)).await.unwrap_err();
    assert!(matches!(error, LoadError::NotFound { .. }), "{error:?}");
    for (minutes, version, balance) in [
        (10, 1, 500),
        (20, 1, 500),
        (29, 1, 500),
        (30, 3, 503),
        (39, 3, 503),
        (40, 4, 507),
        (99, 4, 507),
    ] {
        let root = accounts.load_as_of(id, at(minutes)).await.unwrap();
        assert_eq!(
            (root.version().get(), root.state().balance),
            (version, balance),
            "at {minutes}"
        );
    }
}
