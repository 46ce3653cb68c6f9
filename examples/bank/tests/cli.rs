//! What `cargo run -p bank` prints.

use std::process::{Command, Output};

use es_tests::TestDatabase;

fn bank(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bank"));
    command.args(arguments).output().expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// The printed day without what differs from run to run: nothing does.
fn story(arguments: &[&str]) -> String {
    let output = bank(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    stdout(&output)
}

#[test]
fn the_story_is_told_in_tables() {
    let story = story(&[]);
    for expected in [
        "What happened",
        r#"{"owner":"Ada","initial_deposit":"500"}"#,
        "an account is opened with at least 100, not with 99.99",
        "the account is frozen",
        "conflict: a deposit was faster",
        "stored as version 9",
        "Ada's account through time",
        "1110.75",
        "closed",
    ] {
        assert!(story.contains(expected), "`{expected}` is missing in\n{story}");
    }
}

#[tokio::test]
async fn the_story_is_the_same_on_postgres() {
    let database = TestDatabase::create().await;
    let memory = story(&[]);
    assert_eq!(story(&["--store", database.url()]), memory);
    assert_eq!(
        story(&["--store", database.url()]),
        memory,
        "also on a database that was used before"
    );
}

#[test]
fn the_events_are_listed_as_a_table_or_as_json() {
    let table = story(&["events"]);
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 8, "{table}");
    assert!(lines[0].starts_with("event             version  formerly  aggregates"), "{table}");
    assert!(lines[2].starts_with("account-closed    1 "), "{table}");
    assert!(lines[2].ends_with("account-balances v1  bank::account::AccountClosed"), "{table}");

    let json: serde_json::Value = serde_json::from_str(&story(&["events", "--json"])).unwrap();
    assert_eq!(json["events"].as_array().map(Vec::len), Some(6));
    let withdrawn = serde_json::json!({
        "name": "money-withdrawn",
        "aliases": [],
        "version": 1,
        "oldest_version": 1,
        "rust_type": "bank::account::MoneyWithdrawn",
        "handled_by": ["bank-account"],
        "ignored_by": [],
        "projections": [{ "name": "account-balances", "version": 1 }],
    });
    assert_eq!(json["events"][5], withdrawn);
}

#[test]
fn a_store_that_is_none_is_named() {
    let output = bank(&["--store", "mysql://localhost"]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("`mysql://localhost` is no store"), "{error}");
}

#[test]
fn a_server_that_is_not_there_is_a_clear_error() {
    let output = bank(&["--store", "postgres://nobody:secret@127.0.0.1:1/none"]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("the store is unavailable"), "{error}");
    assert!(!error.contains("secret"), "{error}");
}
