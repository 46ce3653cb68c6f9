//! The repository: load, decide, append, and again on a conflict.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "../account/mod.rs"]
mod account;
mod bounded;
mod cached;
mod commands;
mod doubt;
mod once;
mod past;
mod replay;
mod roots;
mod same;
mod scripted;

use account::{Account, opened};
use es_core::{
    Aggregate, Event, EventStore, ExpectedVersion, NewEvent, Repository, StoredEvent, StreamAppend,
    StreamId, StreamQuery,
};
use futures_util::TryStreamExt as _;
use scripted::Scripted;
use uuid::Uuid;

type Accounts<S> = Repository<Account, S>;

/// An account with 500 in it, at version 1, on a scripted store.
async fn ada() -> (Accounts<Scripted>, Uuid) {
    let (accounts, id) = (Accounts::new(Scripted::default()), Uuid::now_v7());
    accounts.create(id, opened("Ada", 500)).await.unwrap();
    (accounts, id)
}

fn stream(id: Uuid) -> StreamId {
    Account::stream_id(id).unwrap()
}

fn append<E: Event>(stream: StreamId, events: impl IntoIterator<Item = E>) -> StreamAppend {
    let events = events.into_iter().map(|event| NewEvent::of(&event).unwrap()).collect();
    StreamAppend::new(stream, ExpectedVersion::Any, events)
}

async fn stored(store: &impl EventStore, id: Uuid) -> Vec<StoredEvent> {
    store.read_stream(&stream(id), StreamQuery::ALL).try_collect().await.unwrap()
}

async fn names(store: &impl EventStore, id: Uuid) -> Vec<String> {
    stored(store, id).await.iter().map(|event| event.name.to_string()).collect()
}
