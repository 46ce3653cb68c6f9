//! A command with an id whose answer is lost on the way: whoever sends it again gets the first outcome.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::convert::Infallible;
use std::time::Duration;

use es_core::prelude::*;
use es_postgres::PgConfig;
use es_tests::TestDatabase;
use es_tests::proxy::behind_proxy;

/// The proxy knows an append by its payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(name = "noted")]
struct Noted {
    n: i64,
}

#[derive(Default)]
struct Notes {
    all: Vec<i64>,
}

#[aggregate(name = "notes", id = Uuid)]
impl Notes {
    #[handles(Noted)]
    fn noted(&mut self, event: &Noted) {
        self.all.push(event.n);
    }
}

/// Sends a command whose answer is lost, and sends it once more. Gives what was said first.
async fn lose_an_answer(config: PgConfig) -> Result<(), String> {
    let database = TestDatabase::create().await;
    let (store, proxy) = behind_proxy(&database, config).await;
    let notes = Repository::<Notes, _>::new(store);
    let (id, command) = (Uuid::now_v7(), CommandId::new());
    notes.create(id, Noted { n: 1 }).await.unwrap();
    let note =
        async |n| notes.execute_once(command, id, |_| Ok::<_, Infallible>(Noted { n })).await;
    proxy.cut_after_next_append();
    let first = note(2).await;
    assert_eq!(proxy.cuts(), 1);

    let again = note(3).await.unwrap();
    assert_eq!(again.version(), Version::new(2));
    let notes = notes.load(id).await.unwrap();
    assert_eq!(notes.state().all, [1, 2], "the first decision stands, once");
    first.map(|done| assert_eq!(done.version(), again.version())).map_err(|e| format!("{e:?}"))
}

#[tokio::test]
async fn what_became_of_it_is_found_out() {
    lose_an_answer(PgConfig::new()).await.unwrap();
}

#[tokio::test]
async fn what_is_not_found_out_in_time_is_known_to_who_asks_again() {
    let config = PgConfig::new().outcome_timeout(Duration::ZERO);
    let said = lose_an_answer(config).await.unwrap_err();
    assert!(said.contains("OutcomeUnknown"), "{said}");
}
