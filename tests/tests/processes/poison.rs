//! Events that cannot be handled: the handler refuses them, never comes back from them, or takes its process with it.

use std::time::{Duration, Instant};

use es_core::EventStore as _;
use es_tests::balances::raw;
use es_tests::log::until;

use crate::support::{Bank, PATIENCE, Worker};

/// No amount of [`Bank::fill`].
const POISON: i64 = 777;

/// Row 44, for a handler that leaves its process alive.
#[tokio::test(flavor = "multi_thread")]
async fn a_poison_event_is_parked_with_its_stream_and_others_go_on() {
    for (handler, says) in [
        ("err", "777 is refused"),
        ("panic", "the handler panicked: 777 is too much"),
        ("hang", "the handler took longer than 300ms"),
    ] {
        let bank = Bank::with_events(100).await;
        let (_, last) = bank.account(&[1, 2, POISON, 3, 4]).await;
        bank.fill(100).await;
        let worker =
            bank.worker(&format!("--handler {handler}:{POISON} --timeout-ms 300 --policy park"));
        bank.until_all_is_projected().await;
        let poison = last.cast_signed() - 2;
        assert_letters(&bank, poison, 3, says).await;
        until("it says so", || async { worker.parked() == 3 }).await;
        assert_eq!(worker.state(), "live");
    }
}

/// Row 44: with the policy to stop it ends, says at which event and why, and has kept what came before.
#[tokio::test(flavor = "multi_thread")]
async fn a_poison_event_stops_the_process_with_a_clear_error() {
    for (handler, says) in [
        ("err", "777 is refused"),
        ("panic", "the handler panicked: 777 is too much"),
        ("hang", "the handler took longer than 300ms"),
    ] {
        let bank = Bank::with_events(100).await;
        let (_, last) = bank.account(&[1, 2, POISON, 3, 4]).await;
        bank.fill(100).await;
        let options = format!("--handler {handler}:{POISON} --timeout-ms 300 --policy stop");
        let poison = last.cast_signed() - 2;
        // The second is as patient as the first: attempts are not kept over a stop.
        for _ in 0..2 {
            let (status, errors) = bank.worker(&options).ended().await;
            assert_eq!(status.code(), Some(1));
            let at = format!("at position {poison} could not be handled in 3 attempts");
            assert!(errors.contains(&at) && errors.contains(says), "{errors}");
            assert_eq!(bank.position().await, poison - 1);
            bank.assert_exact().await;
        }
        // Mended, it goes on as if nothing had been.
        let _mended = bank.worker("");
        bank.until_all_is_projected().await;
    }
}

/// Row 44, for a handler that ends its process: what starts it again and again needs to know nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_kills_its_process_is_known_by_its_stored_attempts() {
    let bank = Bank::with_events(100).await;
    let (_, last) = bank.account(&[1, 2, POISON, 3, 4]).await;
    bank.fill(100).await;
    let options = format!("--handler abort:{POISON} --policy park --lease-ms 300");
    let (deaths, survivor) = supervise(&bank, &options).await;
    bank.until_all_is_projected().await;
    // In the batch, in the same batch once more, and in each attempt at the event alone.
    assert_eq!(deaths, 5);
    let says = "the process ended in each of 3 attempts to handle the event";
    assert_letters(&bank, last.cast_signed() - 2, 3, says).await;
    drop(survivor);
}

/// Row 44: with the policy to stop the process that recognises the event ends by itself.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_kills_its_process_stops_the_one_that_recognises_it() {
    let bank = Bank::with_events(100).await;
    let (_, last) = bank.account(&[POISON]).await;
    let options = format!("--handler abort:{POISON} --retries 1 --lease-ms 300");
    let (deaths, mut last_one) = supervise(&bank, &options).await;
    assert_eq!(deaths, 4);
    let (status, errors) = last_one.ended().await;
    assert_eq!(status.code(), Some(1));
    let says =
        format!("at position {last} could not be handled in 2 attempts: the process ended in each");
    assert!(errors.contains(&says), "{errors}");
    bank.assert_exact().await;
}

/// Row 44: nobody can end a thread. The process gives up the projection, and its own life if it is asked to run nothing else;
/// the next one knows the event by its attempts.
#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_keeps_its_thread_ends_its_process() {
    let bank = Bank::with_events(100).await;
    let (_, last) = bank.account(&[1, POISON, 3]).await;
    let options = format!(
        "--handler block:{POISON} --policy park --retries 1 --timeout-ms 150 --lease-ms 300"
    );
    let (deaths, survivor) = supervise(&bank, &options).await;
    bank.until_all_is_projected().await;
    assert_eq!(deaths, 4);
    let says = "the process ended in each of 2 attempts to handle the event";
    assert_letters(&bank, last.cast_signed() - 1, 2, says).await;
    drop(survivor);
}

/// Row 45: what others store under other names does not concern it.
#[tokio::test(flavor = "multi_thread")]
async fn events_of_unknown_types_are_no_concern_of_the_projection() {
    let bank = Bank::with_events(100).await;
    let (account, _) = bank.account(&[1]).await;
    bank.store.append(raw(account, "account-frozen", 1, r#"{"why":"who knows"}"#)).await.unwrap();
    let _worker = bank.worker("");
    until("it has passed them", || async {
        bank.position().await == bank.number("SELECT max(position) FROM es.events").await
    })
    .await;
    assert_eq!(bank.number("SELECT count(*) FROM es.dead_letters").await, 0);
    // The next event of its stream comes two versions after the last that the projection was given.
    let mishaps = "SELECT count(*) FROM mishaps";
    assert_eq!(bank.number(mishaps).await, 0);
    bank.move_money(account, &[2]).await;
    until("it has been told", || async { bank.number(mishaps).await == 1 }).await;
}

/// Rows 45 and 46: events of which this program can make nothing, as a later program or somebody with SQL has stored them.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_decoded_is_parked_or_stops_and_is_never_dropped() {
    for (schema_version, payload, says) in [
        (2, r#"{"cents":"many"}"#, "invalid type: string \"many\""),
        (9, r#"{"cents":1}"#, "version 9"),
        (1, r#"{"dollars":1}"#, "there are no euros"),
        (1, r#"{"euros":13}"#, "13 euros are bad luck"),
    ] {
        let bank = Bank::with_events(100).await;
        let (_, before) = bank.account(&[1, 2]).await;
        let poison = insert(&bank, schema_version, payload).await;
        assert_eq!(poison, before.cast_signed() + 1);
        bank.fill(100).await;
        let (status, errors) = bank.worker("--policy stop").ended().await;
        assert_eq!(status.code(), Some(1));
        let at = format!("at position {poison} could not be handled in 3 attempts");
        assert!(errors.contains(&at) && errors.contains(says), "{errors}");
        assert_eq!(bank.position().await, poison - 1);
        bank.assert_exact().await;
        let _worker = bank.worker("--policy park");
        bank.until_all_is_projected().await;
        let texts = letters(&bank).await;
        assert_eq!(texts.len(), 1, "{texts:?}");
        let (position, state, attempts, error) = &texts[0];
        assert_eq!((*position, state.as_str(), *attempts), (poison, "failed", 3));
        assert!(error.contains(says), "{error}");
    }
}

/// Puts an event at the end of the stream that comes last, past the checks of the library, and gives its position.
async fn insert(bank: &Bank, schema_version: i32, payload: &str) -> i64 {
    sqlx::query_scalar(
        "WITH head AS (
             UPDATE es.streams SET version = version + 1
             WHERE stream_id = (SELECT stream_id FROM es.events ORDER BY position DESC LIMIT 1)
             RETURNING stream_id, version
         )
         INSERT INTO es.events
             (stream_id, version, event_id, category, type, schema_version, payload, metadata, occurred_at)
         SELECT stream_id, version, gen_random_uuid(), 'accounts', 'money-moved', $1, $2::json, '{}', now()
         FROM head
         RETURNING position",
    )
    .bind(schema_version)
    .bind(payload)
    .fetch_one(bank.store.pool())
    .await
    .unwrap()
}

/// Starts the process whenever it has died, and gives how often it did and the one that lives, or ended by itself with an error.
async fn supervise(bank: &Bank, options: &str) -> (u32, Worker) {
    for deaths in 0..10 {
        let mut worker = bank.worker(options);
        let begun = Instant::now();
        let mut restless = begun;
        // Longer than it takes to notice that a handler is stuck: until then the worker says that all is well.
        while worker.is_running() && restless.elapsed() < Duration::from_secs(4) {
            assert!(begun.elapsed() < PATIENCE, "it neither lives nor dies: {:?}", worker.last());
            tokio::time::sleep(Duration::from_millis(10)).await;
            if worker.state() != "live" {
                restless = Instant::now();
            }
        }
        // A signal has no code; the worker's own error has one, and says that of a handler that is stuck.
        let stuck =
            worker.last().is_some_and(|line| line.to_string().contains("has not come back"));
        if worker.is_running() || (worker.code() == Some(1) && !stuck) {
            return (deaths, worker);
        }
    }
    panic!("it dies for ever");
}

type Letter = (i64, String, i32, String);

async fn letters(bank: &Bank) -> Vec<Letter> {
    let all = "SELECT position, state, attempts, error FROM es.dead_letters ORDER BY position";
    sqlx::query_as(all).fetch_all(bank.store.pool()).await.unwrap()
}

/// The poison event is a dead letter, the events of its stream behind it wait, and there are no others.
async fn assert_letters(bank: &Bank, poison: i64, attempts: i32, says: &str) {
    let found = letters(bank).await;
    let (first, waiting) = found.split_first().unwrap();
    assert_eq!(first, &(poison, "failed".to_owned(), attempts, says.to_owned()));
    let behind: Vec<_> = sqlx::query_scalar(
        "SELECT position FROM es.events WHERE position > $1
         AND stream_id = (SELECT stream_id FROM es.events WHERE position = $1) ORDER BY position",
    )
    .bind(poison)
    .fetch_all(bank.store.pool())
    .await
    .unwrap();
    let parked = |position: i64| (position, "parked".to_owned(), 0, String::new());
    assert_eq!(waiting, behind.into_iter().map(parked).collect::<Vec<_>>());
}
