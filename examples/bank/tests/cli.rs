//! What `cargo run -p bank` prints, and where it leaves its events.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use std::path::Path;
use std::process::{Command, Output};

use es_tests::TestDatabase;

/// Runs the program in a folder.
fn bank_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bank"));
    command.args(arguments).current_dir(folder).output().expect("the binary runs")
}

/// Runs it in a folder of its own, which is removed with whatever it has left there.
fn bank(arguments: &[&str]) -> Output {
    bank_in(tempfile::tempdir().unwrap().path(), arguments)
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn error(output: &Output) -> String {
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// The printed day on an empty store: nothing in it differs from run to run.
fn story() -> String {
    printed(&bank(&["--store", "memory"]))
}

/// What a run prints first on a store that was used before, and the day after it.
fn earlier_and_day(printed: &str) -> (&str, &str) {
    let begin = printed.find("What happened\n").expect("a day");
    printed.split_at(begin)
}

/// The day up to what there is in the whole store.
fn without_total(day: &str) -> &str {
    day.trim_end().rsplit_once('\n').expect("several lines").0
}

/// A second run on the store of a first one.
fn goes_on(second: &str) {
    let (earlier, day) = earlier_and_day(second);
    assert!(
        earlier.starts_with("What earlier runs have left\n16 events of 3 accounts; "),
        "{earlier}"
    );
    assert!(earlier.contains("│ Ada   ┆ 1110.75 ┆ open   ┆       9 ┆ 20"), "{earlier}");
    assert_eq!(without_total(day), without_total(&story()), "the day is the same");
    assert!(day.ends_with("\n6 accounts in all, with 2462.50 in them\n"), "{day}");
}

#[test]
fn the_story_is_told_in_tables() {
    let story = story();
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
        "\n3 accounts in all, with 1231.25 in them\n",
    ] {
        assert!(story.contains(expected), "`{expected}` is missing in\n{story}");
    }
    assert!(!story.contains("earlier"), "{story}");
}

#[test]
fn a_second_run_goes_on_with_the_file_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(printed(&bank_in(folder.path(), &[])), story());
    let data = folder.path().join("data");
    let files = std::fs::read_dir(&data).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(files.collect::<Vec<_>>(), ["bank.db"], "one file, in a folder that is made");
    goes_on(&printed(&bank_in(folder.path(), &[])));
    let third = printed(&bank_in(&data, &["--store", "sqlite:bank.db"]));
    assert!(third.contains("\n32 events of 6 accounts; "), "{third}");
}

#[test]
fn the_file_may_have_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let odd = ["sqlite:a b/ü?mode=memory#%20.db", "sqlite:file::memory:", "sqlite:./-"];
    let absolute = format!("sqlite:{}/events.db", folder.path().display());
    for store in odd.into_iter().chain([&*absolute]) {
        assert_eq!(printed(&bank_in(folder.path(), &["--store", store])), story(), "{store}");
    }
    for name in ["a b/ü?mode=memory#%20.db", "file::memory:", "-", "events.db"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    goes_on(&printed(&bank_in(folder.path(), &["--store", odd[0]])));
}

#[tokio::test]
async fn the_story_is_the_same_on_postgres() {
    let database = TestDatabase::create().await;
    assert_eq!(printed(&bank(&["--store", database.url()])), story());
    goes_on(&printed(&bank(&["--store", database.url()])));
}

#[test]
fn the_events_are_listed_as_a_table_or_as_json() {
    let table = printed(&bank(&["events"]));
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 8, "{table}");
    assert!(lines[0].starts_with("event             version  formerly  aggregates"), "{table}");
    assert!(lines[2].starts_with("account-closed    1 "), "{table}");
    assert!(lines[2].ends_with("account-balances v1  bank::account::AccountClosed"), "{table}");

    let json: serde_json::Value =
        serde_json::from_str(&printed(&bank(&["events", "--json"]))).unwrap();
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
fn what_is_no_store_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (store, expected) in [
        ("mysql://localhost", "write `memory`, `sqlite:PATH` or `postgres://…`"),
        ("sqlite:", "with the name of a file"),
        ("sqlite::memory:", "write `memory`"),
    ] {
        let output = bank_in(folder.path(), &["--store", store]);
        assert_eq!(output.status.code(), Some(2), "{store}");
        assert!(error(&output).contains(expected), "{store}: {output:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_that_is_no_store_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = "no database, and long enough to be seen as none";
    std::fs::write(folder.path().join("text"), text).unwrap();
    let output = bank_in(folder.path(), &["--store", "sqlite:text"]);
    assert_eq!(output.status.code(), Some(1));
    let error = error(&output);
    assert!(error.starts_with("error: the store sqlite:text cannot be used\n"), "{error}");
    assert!(error.contains("`./text`: the file is not an SQLite database"), "{error}");
    assert_eq!(std::fs::read_to_string(folder.path().join("text")).unwrap(), text);
}

#[test]
fn a_server_that_is_not_there_is_a_clear_error() {
    let output = bank(&["--store", "postgres://nobody:secret@127.0.0.1:1/none"]);
    assert_eq!(output.status.code(), Some(1));
    let error = error(&output);
    assert!(error.contains("the store is unavailable"), "{error}");
    assert!(!error.contains("secret"), "{error}");
}
