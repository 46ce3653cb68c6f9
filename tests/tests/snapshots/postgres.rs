//! What is particular to PostgreSQL: rows can be changed by hand, and round trips cost.

use es_core::prelude::*;
use es_core::{
    AppendError, Fingerprint, NewSnapshot, Payload, SnapshotPolicy, SnapshotQuery, StreamAppend,
};
use es_postgres::{PgConfig, PgStore};
use es_tests::TestDatabase;
use es_tests::proxy::behind_proxy;
use sqlx::AssertSqlSafe;

use crate::domain::{Account, deposits, opened};
use crate::{Accounts, kept, kept_of, until_kept};

const SHAPE: Fingerprint = SnapshotPolicy::<Account>::DEFAULT.fingerprint();

/// An account at version 15 with a snapshot at 12, and a repository that makes none by itself.
async fn ada(store: &PgStore) -> (Accounts<PgStore>, Uuid) {
    let (accounts, id) = (Accounts::new(store.clone()).snapshot_every(1_000_000), Uuid::now_v7());
    accounts.create(id, (opened(), deposits(14))).await.unwrap();
    let then = accounts.load_at(id, Version::new(12)).await.unwrap();
    assert!(accounts.snapshot_now(&then).await.unwrap());
    (accounts, id)
}

async fn change(store: &PgStore, id: Uuid, change: &str) {
    let change = format!("UPDATE es.snapshots SET {change} WHERE stream_id = '{id}'");
    let done = sqlx::query(AssertSqlSafe(change)).execute(store.pool()).await.unwrap();
    assert_eq!(done.rows_affected(), 1);
}

#[tokio::test]
async fn a_row_that_was_changed_by_hand_is_passed_over_and_replaced() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    for (changed, is_replaced_at_once) in [
        (
            r#"state = '{"owner":"Eve","cents":999999,"notes":{},"last_change":"2026-01-01T00:00:00Z"}'"#,
            true,
        ),
        ("state = '{}'", true),
        ("state = 'null'", true),
        ("state = (state::jsonb)::json", true), // the same value, in another spelling
        ("version = 11, position = position - 1", true),
        ("version = 15, position = position + 3", true),
        ("version = 11", true),
        ("version = 16", true), // newer than the stream
        ("version = 9223372036854775807", true),
        ("version = -1", true),
        ("position = position + 1", true),
        ("position = -1", true),
        ("checksum = checksum + 1", true),
        ("fingerprint = fingerprint + 1", false),
        ("created_at = 'infinity'", true),
    ] {
        let (accounts, id) = ada(&store).await;
        let stream = Account::stream_id(id).unwrap();
        let before = kept_of::<Account>(&store, id).await;
        assert_eq!((before.0.unwrap().snapshot.version.get(), before.1), (12, 3));
        change(&store, id, changed).await;
        let (found, events) = kept_of::<Account>(&store, id).await;
        assert_eq!((found, events), (None, 15), "{changed}: all events come, and no snapshot");
        let piece = SnapshotQuery::of(SHAPE).up_to(Version::new(13));
        assert!(store.read_from_snapshot(&stream, piece).await.unwrap().0.is_none(), "{changed}");
        let root = accounts.load(id).await.unwrap();
        assert_eq!((root.state().cents, &*root.state().owner), (14, "Ada"), "{changed}");
        assert!(accounts.snapshot_now(&root).await.unwrap(), "{changed}: it gives way");
        assert_eq!(kept(&store, id).await, 15, "{changed}");
        let count = "SELECT count(*) FROM es.snapshots WHERE stream_id = $1";
        let rows: i64 = sqlx::query_scalar(count).bind(id).fetch_one(store.pool()).await.unwrap();
        assert_eq!(rows == 1, is_replaced_at_once, "{changed}");
    }
}

/// Positions of one stream need not follow each other, and a snapshot of another stream is none of this one.
#[tokio::test]
async fn a_row_of_another_stream_is_passed_over() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let (_, ada_s) = ada(&store).await;
    let (accounts, id) = ada(&store).await;
    let copy = "UPDATE es.snapshots mine SET (state, checksum, created_at) = \
                (SELECT state, checksum, created_at FROM es.snapshots other WHERE other.stream_id = $2) \
                WHERE mine.stream_id = $1";
    sqlx::query(copy).bind(id).bind(ada_s).execute(store.pool()).await.unwrap();
    assert_eq!(kept(&store, id).await, 0);
    assert_eq!(accounts.load(id).await.unwrap().state().cents, 14);
    assert_eq!(kept(&store, ada_s).await, 12);
}

/// After a database was set back, what was written since is in no snapshot either.
#[tokio::test]
async fn a_snapshot_of_another_history_is_passed_over() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let (accounts, id) = ada(&store).await;
    // As a restore would leave it that has the table of an earlier time: the events since went, and others came.
    let set_back = "ALTER TABLE es.events DISABLE TRIGGER events_are_never_changed;
        DELETE FROM es.events WHERE version > 10;
        UPDATE es.streams SET version = 10;
        ALTER TABLE es.events ENABLE ALWAYS TRIGGER events_are_never_changed;";
    sqlx::raw_sql(set_back).execute(store.pool()).await.unwrap();
    assert_eq!(kept_of::<Account>(&store, id).await, (None, 10), "it is newer than the stream");
    assert_eq!(accounts.load(id).await.unwrap().state().cents, 9);
    let others = [es_core::NewEvent::of(&deposits(1)[0]).unwrap()];
    for _ in 0..4 {
        let others = others.iter().cloned().map(|event| event.id(EventId::new())).collect();
        let stream = Account::stream_id(id).unwrap();
        store.append(StreamAppend::new(stream, ExpectedVersion::Any, others)).await.unwrap();
    }
    assert_eq!(kept_of::<Account>(&store, id).await, (None, 14), "it is of other events");
    assert_eq!(accounts.load(id).await.unwrap().state().cents, 13);
}

#[tokio::test]
async fn a_load_with_a_snapshot_is_one_round_trip() {
    let database = TestDatabase::create().await;
    let (_, id) = ada(&database.store().await).await;
    let (store, proxy) = behind_proxy(&database, PgConfig::new()).await;
    let accounts = Accounts::new(store.clone()).snapshot_every(1_000_000);
    // The fewest of some: the first sends the statement to be prepared, and the pool looks after its connections.
    let (mut found, mut missing) = (u64::MAX, u64::MAX);
    for _ in 0..20 {
        let before = proxy.turns("es");
        assert_eq!(accounts.load(id).await.unwrap().version().get(), 15);
        let between = proxy.turns("es");
        accounts.load(Uuid::now_v7()).await.unwrap_err();
        found = found.min(between - before);
        missing = missing.min(proxy.turns("es") - between);
    }
    assert_eq!((found, missing), (1, 1), "also to learn that there is nothing");
    change(&store, id, "checksum = 0").await;
    let mut changed = u64::MAX;
    for _ in 0..20 {
        let before = proxy.turns("es");
        accounts.load(id).await.unwrap();
        changed = changed.min(proxy.turns("es") - before);
    }
    // The rest of so short an answer has been read ahead, so the pool need not clear the connection up.
    assert_eq!(changed, 2, "a row that was changed costs one more");
}

#[tokio::test]
async fn commands_make_snapshots_that_loads_use() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let (accounts, id) = (Accounts::new(store.clone()), Uuid::now_v7());
    accounts.create(id, opened()).await.unwrap();
    for n in 2..=50_u64 {
        accounts.execute(id, |account| account.deposit(1)).await.unwrap();
        if n % 10 == 0 {
            until_kept(&store, id, n).await;
        }
    }
    let (found, events) = kept_of::<Account>(&store, id).await;
    assert_eq!((found.unwrap().snapshot.version.get(), events), (50, 0));
    let plain = accounts.clone().snapshot_every(0);
    let (fast, plain) = (accounts.load(id).await.unwrap(), plain.load(id).await.unwrap());
    assert_eq!((fast.state(), fast.position()), (plain.state(), plain.position()));
}

/// What is not committed has no snapshot, however it is made.
#[tokio::test]
async fn an_append_that_is_not_committed_has_no_snapshot() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let (accounts, id) = ada(&store).await;
    let mut root = accounts.load(id).await.unwrap();
    root.record(deposits(1)).unwrap();
    let stream = Account::stream_id(id).unwrap();
    let mut transaction = store.transaction().await.unwrap();
    let expected = ExpectedVersion::Exact(Version::new(15));
    let append = StreamAppend::new(stream.clone(), expected, root.pending().to_vec());
    let appended = store.append_in(&mut transaction, append).await.unwrap();
    let (version, position) = (appended.version, appended.position);
    let state = root.state().to_snapshot().unwrap();
    let new = NewSnapshot::new(stream, version, position, SHAPE, state);
    assert!(!store.save_snapshot(new.clone()).await.unwrap(), "nobody can see that event yet");
    assert_eq!(kept(&store, id).await, 12);
    transaction.rollback().await.unwrap();
    assert!(!store.save_snapshot(new).await.unwrap(), "nobody ever will");
    let conflict = accounts.execute(id, |account| account.deposit(1)).await;
    assert!(conflict.is_ok(), "{:?}", conflict.err().map(|e| e.to_string()));
}

#[tokio::test]
async fn rows_of_shapes_that_nobody_writes_any_more_go() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let (accounts, id) = ada(&store).await;
    let root = accounts.load(id).await.unwrap();
    let old = |shape: u64| {
        let (stream, state) = (root.stream().clone(), Payload::from_json("{}").unwrap());
        let shape = Fingerprint::new(shape);
        NewSnapshot::new(stream, root.version(), root.position(), shape, state)
    };
    for shape in [1, 2] {
        assert!(store.save_snapshot(old(shape)).await.unwrap());
    }
    let age =
        "UPDATE es.snapshots SET created_at = now() - interval '25 hours' WHERE fingerprint = 1";
    sqlx::query(age).execute(store.pool()).await.unwrap();
    let shapes = || async {
        let shapes =
            "SELECT fingerprint FROM es.snapshots WHERE stream_id = $1 AND fingerprint < 10";
        let shapes: Vec<i64> =
            sqlx::query_scalar(shapes).bind(id).fetch_all(store.pool()).await.unwrap();
        shapes.into_iter().filter(|shape| *shape > 0 && *shape < 10).collect::<Vec<_>>()
    };
    assert_eq!(shapes().await.len(), 2);
    assert!(accounts.snapshot_now(&root).await.unwrap());
    assert_eq!(shapes().await, [2], "the older went, the other may be of a program that runs");
}

/// A conflict is met as ever when the state began at a snapshot.
#[tokio::test]
async fn writers_that_begin_at_snapshots_lose_no_update() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let id = Uuid::now_v7();
    let retries = RetryPolicy::times(1_000);
    let plain = Accounts::new(store.clone()).retry(retries);
    plain.create(id, opened()).await.unwrap();
    let writers = (0..8).map(|n| {
        let writer = Accounts::new(store.clone()).snapshot_every(1 + n % 3).retry(retries);
        async move {
            for _ in 0..10 {
                writer.execute(id, |account| account.deposit(1)).await?;
            }
            Ok::<_, ExecuteError<&'static str>>(writer)
        }
    });
    let writers = futures_util::future::try_join_all(writers).await.unwrap();
    for accounts in writers {
        let root = accounts.load(id).await.unwrap();
        assert_eq!((root.version().get(), root.state().cents), (81, 80));
    }
    let conflict = plain.clone().retry(RetryPolicy::NEVER);
    let mut late = conflict.load_at(id, Version::new(80)).await.unwrap();
    late.record(deposits(1)).unwrap();
    let refused = conflict.save(&mut late).await.unwrap_err();
    assert!(matches!(refused, es_core::SaveError::Append(AppendError::Conflict { .. })));
}
