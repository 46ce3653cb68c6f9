//! Imports into PostgreSQL: what others see of them, connections that break, and logs that travel.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use es_core::ExpectedVersion::NoStream;
use es_core::{
    BulkStore, EventLines, EventStore, ImportError, ImportOptions, Imported, ImportedEvent,
    LogQuery, MemoryStore, Metadata, StoreError, StoredEvent, StreamId, SubscriptionStore,
    export_log,
};
use es_postgres::{PgConfig, PgStore};
use es_tests::TestDatabase;
use es_tests::log::{entry, events, read, stream, until};
use es_tests::proxy::{Cut, Proxy};
use futures_util::future::{Either, select};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use sqlx::postgres::PgConnectOptions;

fn source(
    imported: Vec<ImportedEvent>,
) -> impl Stream<Item = Result<ImportedEvent, Infallible>> + Send {
    futures_util::stream::iter(imported.into_iter().map(Ok))
}

/// Events of one stream.
fn of(stream: &StreamId, count: usize) -> Vec<ImportedEvent> {
    let event = |event| ImportedEvent::new(stream.clone(), event);
    events(count).into_iter().map(event).collect()
}

fn options<'a>() -> ImportOptions<'a> {
    ImportOptions::new().chunk(4)
}

async fn log<S: EventStore>(store: &S) -> Vec<StoredEvent> {
    store.stream_log(LogQuery::default()).try_collect().await.unwrap()
}

/// Imports ten events through a proxy that cuts; gives the store behind it, unharmed, as well.
async fn cut_off(cut: Cut) -> (Result<Imported, ImportError>, PgStore, StreamId, TestDatabase) {
    let database = TestDatabase::create().await;
    let unharmed = database.store().await;
    let address: PgConnectOptions = database.url().parse().unwrap();
    let server = format!("{}:{}", address.get_host(), address.get_port());
    let proxy = Proxy::to(server.clone()).await;
    let url = database.url().replacen(&server, &proxy.address().to_string(), 1);
    let config = PgConfig::new().outcome_timeout(Duration::from_secs(2));
    let store = PgStore::connect_with(&url, config).await.unwrap();
    store.settled().await.unwrap();
    proxy.cut_next(cut);
    let stream = stream();
    let outcome = store.import(source(of(&stream, 10)), options()).await;
    assert_eq!(proxy.cuts(), 1, "the connection was cut");
    (outcome, unharmed, stream, database)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_found() {
    let (outcome, store, stream, _database) = cut_off(Cut::AfterCommit).await;
    let imported = outcome.unwrap();
    let stored = read(&store, &stream).await;
    assert_eq!((stored.len(), imported.events), (10, 10));
    assert_eq!(imported.position, stored.last().map(|event| event.position));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_never_arrives_has_stored_nothing() {
    let (outcome, store, stream, _database) = cut_off(Cut::BeforeCommit).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, ImportError::Store(StoreError::Unavailable(_))), "{error:?}");
    assert!(error.is_transient());
    assert_eq!(log(&store).await, []);
    store.import(source(of(&stream, 10)), options()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_cannot_be_learnt_is_unknown() {
    let (outcome, store, stream, _database) = cut_off(Cut::ForGoodAfterCommit).await;
    let error = outcome.unwrap_err();
    assert!(!error.is_transient());
    let ImportError::OutcomeUnknown { last_event, .. } = error else { panic!("{error:?}") };
    // By that id the outcome can be looked up later.
    until("the import is stored", || async {
        store.locate(&[last_event]).await.unwrap().len() == 1
    })
    .await;
    assert_eq!(read(&store, &stream).await.last().unwrap().id, last_event);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_wait_for_an_import_and_then_see_all_of_it() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    store.append(entry(&stream(), NoStream, 1)).await.unwrap();
    let before = log(&store).await.remove(0).position;
    let (sent, imported) = (AtomicU64::new(0), stream());
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let later = futures_util::stream::once(async move {
        released.await.unwrap();
        Ok::<_, Infallible>(ImportedEvent::new(stream(), events(1).remove(0)))
    });
    let options = options().progress(|so_far| sent.store(so_far.events, Ordering::Relaxed));
    let import = store.import(source(of(&imported, 8)).chain(later), options);
    let meanwhile = async {
        until("two chunks are sent", || async { sent.load(Ordering::Relaxed) == 8 }).await;
        let appended = store.append(entry(&stream(), NoStream, 1)).await.unwrap();
        assert_eq!(store.settled().await.unwrap(), before, "what comes later waits");
        assert_eq!(log(&store).await.len(), 1);
        assert_eq!(read(&store, &imported).await, [], "no part of an import is seen");
        release.send(()).unwrap();
        appended.position
    };
    let (outcome, appended) = tokio::join!(import, meanwhile);
    let last = outcome.unwrap().position.unwrap();
    assert!(appended < last, "the append came between");
    until("the import is settled", || async { store.settled().await.unwrap() == last }).await;
    let positions: Vec<_> = log(&store).await.iter().map(|event| event.position).collect();
    assert!(positions.is_sorted() && positions.len() == 11, "{positions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_or_refused_import_leaves_no_connection_in_disorder() {
    let database = TestDatabase::create().await;
    let store = database.store_with(PgConfig::new().max_connections(1)).await;
    let there = stream();
    store.append(entry(&there, NoStream, 1)).await.unwrap();
    for polls in 0..60 {
        let import = Box::pin(store.import(source(of(&stream(), 9)), options()));
        let mut turns = 0;
        let patience = std::future::poll_fn(|cx| {
            turns += 1;
            cx.waker().wake_by_ref();
            if turns > polls { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        });
        // Both futures are dropped with what `select` gives back.
        let dropped = matches!(select(patience, import).await, Either::Left(_));
        let refused = store.import(source(of(&there, 1)), options()).await.unwrap_err();
        assert!(matches!(refused, ImportError::StreamExists { .. }), "{refused:?}");
        let new = stream();
        store.append(entry(&new, NoStream, 2)).await.unwrap();
        assert_eq!(read(&store, &new).await.len(), 2, "after {polls} polls, dropped: {dropped}");
    }
}

async fn an_import_wakes_who_follows<S: BulkStore + SubscriptionStore>(store: S) {
    let mut wakes = store.wakes();
    // Not once only: who begins to listen to other processes is woken too.
    for _ in 0..3 {
        store.import(source(of(&stream(), 1)), options()).await.unwrap();
        tokio::time::timeout(Duration::from_secs(20), wakes.next()).await.expect("it is woken");
    }
}

#[tokio::test]
async fn an_import_wakes_who_follows_in_memory() {
    an_import_wakes_who_follows(MemoryStore::new()).await;
}

#[tokio::test]
async fn an_import_wakes_who_follows_on_postgres() {
    let database = TestDatabase::create().await;
    an_import_wakes_who_follows(database.store().await).await;
}

/// More than fits into one chunk by its bytes, so that chunks end where the events do not say so.
#[tokio::test]
async fn a_chunk_of_large_events_is_sent_in_pieces() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let large = format!("\"{}\"", "x".repeat(1_000_000));
    let mut imported = of(&stream(), 10);
    for event in &mut imported {
        event.event.payload = es_core::Payload::from_json(large.as_str()).unwrap();
    }
    let mut told = Vec::new();
    let options = ImportOptions::new().progress(|so_far| told.push(so_far.events));
    assert_eq!(store.import(source(imported), options).await.unwrap().events, 10);
    assert_eq!(told, [5, 10]);
    assert!(log(&store).await.iter().all(|event| event.payload.as_str() == large));
}

#[tokio::test]
async fn a_log_travels_from_store_to_store_as_it_is() {
    let database = TestDatabase::create().await;
    let (first, second) = (MemoryStore::new(), database.store().await);
    let (one, two) = (stream(), stream());
    let mut imported = Vec::new();
    for (a, b) in of(&one, 6).into_iter().zip(of(&two, 6)) {
        imported.extend([a, b]);
    }
    for (n, event) in (0..).zip(&mut imported) {
        event.event.metadata = Metadata::new().actor("ada").with("n", n);
        event.event.occurred_at = chrono::DateTime::from_timestamp_micros(n * 1_001).unwrap();
    }
    let odd = "{\n  \"größe\": [1.10, 1E5,\r\n \"\\u2028\"]\n}\n";
    imported[3].event.payload = es_core::Payload::from_json(odd).unwrap();
    first.import(source(imported), options()).await.unwrap();

    let out = lines(&first).await;
    let third = MemoryStore::new();
    second.import(EventLines::new(&*out), options()).await.unwrap();
    third.import(EventLines::new(&*lines(&second).await), options()).await.unwrap();
    let wanted = log(&first).await;
    assert_eq!(wanted.len(), 12);
    for mut found in [log(&second).await, log(&third).await] {
        for (found, wanted) in found.iter_mut().zip(&wanted) {
            // Only this is the store's own.
            found.position = wanted.position;
        }
        assert_eq!(found, wanted);
    }
}

async fn lines<S: EventStore>(store: &S) -> Vec<u8> {
    let mut lines = Vec::new();
    export_log(store, LogQuery::default()).write_to(&mut lines).await.unwrap();
    lines
}
