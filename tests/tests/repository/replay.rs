//! Streams that cannot be replayed: each is refused with an error that names the stream and the version.

use std::error::Error as _;

use es_core::{
    Aggregate as _, AppendError, EventName, EventStore as _, ExpectedVersion, LoadError,
    MemoryStore, NewEvent, Payload, ReplayError, Repository, Root, SchemaVersion, StoreError,
    StoredEvent, StreamAppend, StreamId, Version,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::account::{Account, Deposited, Tally, Withdrawn, opened};
use crate::{Accounts, append, stored, stream};

fn raw(name: &'static str, schema_version: u32, json: &str) -> NewEvent {
    let schema_version = SchemaVersion::new(schema_version).unwrap();
    NewEvent::raw(EventName::new(name).unwrap(), schema_version, Payload::from_json(json).unwrap())
}

/// What loading says when `event` comes third in a stream; a second stream shows that only this one is concerned.
async fn third(event: NewEvent) -> ReplayError {
    let accounts = Accounts::new(MemoryStore::new());
    let (id, other) = (Uuid::now_v7(), Uuid::now_v7());
    accounts.create(other, opened("Ben", 100)).await.unwrap();
    accounts.create(id, (opened("Ada", 500), Deposited { amount: 1 })).await.unwrap();
    let foreign = StreamAppend::new(stream(id), ExpectedVersion::Any, vec![event]);
    accounts.store().append(foreign).await.unwrap();
    accounts.load(other).await.unwrap();
    let before = accounts.load_at(id, Version::new(2)).await.unwrap();
    assert_eq!(before.state().balance, 501, "the events before it can still be replayed");

    let error = accounts.load(id).await.unwrap_err();
    assert_eq!(error.to_string(), format!("stream {} cannot be replayed at version 3", stream(id)));
    let executed = accounts.execute(id, |account| account.withdraw(1)).await.unwrap_err();
    assert_eq!(executed.to_string(), error.to_string(), "nothing is decided on it either");
    let LoadError::Replay { stream: s, version, cause } = error else { panic!("{error:?}") };
    assert_eq!((s, version), (stream(id), Version::new(3)));
    cause
}

#[tokio::test]
async fn an_unknown_event_is_an_error_that_names_it() {
    let cause = third(raw("account-frozen", 1, "{}")).await;
    assert_eq!(
        cause.to_string(),
        "event `account-frozen` is neither handled nor ignored by `account`: add `#[handles(..)]` for its type, or list it in `ignores(..)`"
    );
    let ReplayError::UnknownEvent { event, aggregate: "account" } = cause else { panic!() };
    assert_eq!(event, "account-frozen");
    // Names are compared to the letter.
    assert!(matches!(
        third(raw("Deposited", 1, r#"{"amount":1}"#)).await,
        ReplayError::UnknownEvent { .. }
    ));
}

#[tokio::test]
async fn an_event_of_a_newer_program_is_not_guessed_at() {
    let cause = third(raw("deposited", 2, r#"{"amount":1}"#)).await;
    assert_eq!(
        cause.to_string(),
        "event `deposited` has schema version 2, this program knows up to 1"
    );
    assert!(matches!(cause, ReplayError::NewerSchema { .. }));
}

#[tokio::test]
async fn an_event_of_another_schema_version_is_not_decoded() {
    let tallies = Repository::<Tally, _>::new(MemoryStore::new());
    for (version, wanted) in [
        (1, "event `counted` has schema version 1 and nothing brings it to 2"),
        (3, "event `counted` has schema version 3, this program knows up to 2"),
    ] {
        let id = Uuid::now_v7();
        let stream = Tally::stream_id(id).unwrap();
        let events = vec![raw("counted", version, r#"{"by":1}"#)];
        let import = StreamAppend::new(stream, ExpectedVersion::NoStream, events);
        tallies.store().append(import).await.unwrap();
        let error = tallies.load(id).await.unwrap_err();
        let LoadError::Replay { cause, .. } = &error else { panic!("{error:?}") };
        assert_eq!(cause.to_string(), wanted);
    }
}

#[tokio::test]
async fn a_payload_that_does_not_decode_names_the_type() {
    for json in [r#"{"amount":"much"}"#, "{}", "null", r#"{"amount":-1}"#, r#"{"amount":1e400}"#] {
        let cause = third(raw("deposited", 1, json)).await;
        let ReplayError::Decode { event, rust_type, .. } = &cause else {
            panic!("{json}: {cause:?}")
        };
        assert_eq!(*event, "deposited");
        assert!(rust_type.ends_with("::Deposited"), "{rust_type}");
        assert!(cause.source().is_some(), "serde's own words come as the source");
    }
}

#[tokio::test]
async fn a_stream_that_does_not_begin_is_corrupt() {
    let accounts = Accounts::new(MemoryStore::new());
    let id = Uuid::now_v7();
    accounts.store().append(append(stream(id), [Deposited { amount: 1 }])).await.unwrap();
    let error = accounts.load(id).await.unwrap_err();
    let LoadError::Replay { stream: s, version, cause } = error else { panic!("{error:?}") };
    assert_eq!((s, version), (stream(id), Version::new(1)));
    assert_eq!(cause.to_string(), "event `deposited` cannot begin a stream of `account`");
}

#[tokio::test]
async fn a_stream_that_begins_twice_is_corrupt() {
    let cause = third(NewEvent::of(&opened("Ben", 100)).unwrap()).await;
    let twice = "event `opened` begins a stream of `account`, but this one has begun already";
    assert_eq!(cause.to_string(), twice);
    assert!(matches!(cause, ReplayError::BegunTwice { event: "opened", aggregate: "account" }));
}

#[tokio::test]
async fn a_stream_with_a_hole_is_corrupt() {
    let accounts = Accounts::new(MemoryStore::new());
    let id = Uuid::now_v7();
    let events = (opened("Ada", 500), [1, 2, 3].map(|amount| Withdrawn { amount }));
    accounts.create(id, events).await.unwrap();
    let events = stored(accounts.store(), id).await;
    let without = |missing: usize| {
        let mut events = events.clone();
        events.remove(missing);
        events
    };
    let twice: Vec<_> = [&events[..2], &events[1..]].concat();
    let mut swapped = events.clone();
    swapped.swap(1, 2);
    for (damaged, expected, found) in
        [(without(0), 1, 2), (without(2), 3, 4), (twice, 3, 2), (swapped, 2, 3)]
    {
        let error = Root::<Account>::replay(id, &damaged).unwrap_err();
        let LoadError::Replay { stream: s, version, cause } = error else { panic!("{error:?}") };
        assert_eq!((s, version), (stream(id), Version::new(found)));
        let text = format!("version {expected} should come next, found {found}");
        assert_eq!(cause.to_string(), text);
    }
    assert_eq!(Root::<Account>::replay(id, &without(3)).unwrap().state().balance, 497);
    let error = Root::<Account>::replay(id, &[] as &[StoredEvent]).unwrap_err();
    assert!(matches!(error, LoadError::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn a_stream_of_another_aggregate_is_refused() {
    let accounts = Accounts::new(MemoryStore::new());
    let id = Uuid::now_v7();
    accounts.create(id, opened("Ada", 500)).await.unwrap();
    let tallies = Repository::<Tally, _>::new(accounts.store().clone());
    let error = tallies.load(id).await.unwrap_err();
    let LoadError::Store(StoreError::WrongCategory { stream: asked, actual }) = error else {
        panic!("{error:?}")
    };
    assert_eq!((asked.to_string(), actual.as_str()), (format!("tally/{id}"), "account"));
    let posing: StreamId = asked;
    let refused = accounts.store().append(append(posing, [Deposited { amount: 1 }])).await;
    assert!(matches!(refused, Err(AppendError::Store(StoreError::WrongCategory { .. }))));
}

#[tokio::test]
async fn a_stored_event_is_a_readable_json_object() {
    let accounts = Accounts::new(MemoryStore::new());
    let id = Uuid::now_v7();
    let event = raw("spelt", 3, r#"{"z":1.10,"a":123456789012345678901234567890}"#);
    let event = event.occurred_at("2024-02-29T12:30:00.123456789Z".parse().unwrap());
    let event_id = event.id;
    accounts.create(Uuid::now_v7(), opened("Ben", 100)).await.unwrap();
    let import = StreamAppend::new(stream(id), ExpectedVersion::Any, vec![event]);
    accounts.store().append(import).await.unwrap();
    let stored = stored(accounts.store(), id).await.remove(0);
    let text = serde_json::to_string(&stored).unwrap();
    assert!(
        text.ends_with(r#""data":{"z":1.10,"a":123456789012345678901234567890}}"#),
        "the payload is in it as it was written: {text}"
    );
    let mut object: Value = serde_json::from_str(&text).unwrap();
    let fields = object.as_object_mut().unwrap();
    fields.remove("data");
    let wanted = json!({
        "event_type": "spelt",
        "event_id": event_id,
        "stream": format!("account/{id}"),
        "version": 1,
        "position": 2,
        "schema_version": 3,
        "occurred_at": "2024-02-29T12:30:00.123456Z",
        "recorded_at": stored.recorded_at,
        "metadata": {},
    });
    assert_eq!(object, wanted);
}

#[tokio::test]
async fn an_event_of_another_stream_is_refused() {
    let accounts = Accounts::new(MemoryStore::new());
    let (id, other) = (Uuid::now_v7(), Uuid::now_v7());
    accounts.create(other, opened("Ben", 100)).await.unwrap();
    let events = stored(accounts.store(), other).await;
    let error = Root::<Account>::replay(id, &events).unwrap_err();
    let LoadError::Replay { cause: ReplayError::OtherStream { found }, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*found, stream(other));
}
