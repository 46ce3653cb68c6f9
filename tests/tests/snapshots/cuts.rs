//! A snapshot and what follows are the whole, wherever the snapshot was made.

use es_core::prelude::*;
use es_core::{EventName, NewEvent, Payload, SchemaVersion, StreamAppend};
use es_tests::{TestDatabase, TestFile};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::domain::{Account, Noted, deposits, opened};
use crate::{Accounts, kept};

/// A stream of random events, some of them of an older program.
async fn random_stream<S: EventStore + Clone>(accounts: &Accounts<S>, random: &mut StdRng) -> Uuid {
    let id = Uuid::now_v7();
    accounts.create(id, opened()).await.unwrap();
    for _ in 0..random.random_range(1..12) {
        match random.random_range(0..4) {
            0 => old_deposit(accounts.store(), id).await,
            1 => {
                let by = Metadata::new().actor("Ben \"ß\" \\");
                let noted = Noted { text: "a\n\u{1F980}\t\\u0000".to_owned() };
                let by = accounts.with_metadata(by);
                by.execute(id, |_| Ok::<_, ()>(noted.clone())).await.unwrap();
            }
            n => {
                let events = deposits(n);
                accounts.execute(id, |_| Ok::<_, ()>(events.clone())).await.unwrap();
            }
        }
    }
    id
}

/// Of a version that has to be brought up to date.
async fn old_deposit(store: &impl EventStore, id: Uuid) {
    let payload = Payload::from_json(r#"{"amount":3}"#).unwrap();
    let event = NewEvent::raw(EventName::new("deposited").unwrap(), SchemaVersion::FIRST, payload);
    let stream = Account::stream_id(id).unwrap();
    store.append(StreamAppend::new(stream, ExpectedVersion::Any, vec![event])).await.unwrap();
}

async fn snapshot_and_tail_are_the_whole<S: EventStore + Clone>(store: S, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let plain = Accounts::new(store.clone()).snapshot_every(0);
    // So seldom that only those are there that the test makes.
    let fast = Accounts::new(store.clone()).snapshot_every(1_000_000);
    let id = random_stream(&plain, &mut random).await;
    let whole = plain.load(id).await.unwrap();
    let mut states = Vec::new();
    for version in 1..=whole.version().get() {
        states.push(plain.load_at(id, Version::new(version)).await.unwrap());
    }
    for cut in &states {
        assert!(fast.snapshot_now(cut).await.unwrap(), "seed {seed}: it is the newest");
        assert_eq!(kept(&store, id).await, cut.version().get(), "seed {seed}");
        for wanted in &states {
            let found = fast.load_at(id, wanted.version()).await.unwrap();
            let at =
                format!("seed {seed}, snapshot at {}, load at {}", cut.version(), wanted.version());
            assert_eq!(found.state(), wanted.state(), "{at}");
            let stands = |root: &Root<Account>| (root.version(), root.position());
            assert_eq!(stands(&found), stands(wanted), "{at}");
        }
        assert_eq!(fast.load(id).await.unwrap().state(), whole.state(), "seed {seed}");
    }
    let last = fast.execute(id, |account| account.deposit(7)).await.unwrap();
    let (fast, plain) = (fast.load(id).await.unwrap(), plain.load(id).await.unwrap());
    assert_eq!(fast.state(), plain.state(), "seed {seed}: after a command on a snapshot");
    assert_eq!((plain.version(), plain.position()), (last.version(), last.position()));
}

#[tokio::test]
async fn a_snapshot_and_its_tail_are_the_whole_at_every_cut() {
    for seed in 0..60 {
        snapshot_and_tail_are_the_whole(MemoryStore::new(), seed).await;
    }
}

#[tokio::test]
async fn so_they_are_on_sqlite() {
    let file = TestFile::create();
    let store = file.store().await;
    for seed in 0..6 {
        snapshot_and_tail_are_the_whole(store.clone(), seed).await;
    }
}

#[tokio::test]
async fn so_they_are_on_postgresql() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    for seed in 0..6 {
        snapshot_and_tail_are_the_whole(store.clone(), seed).await;
    }
}
