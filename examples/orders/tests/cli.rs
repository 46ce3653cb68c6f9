//! What `cargo run -p orders` prints, and where it leaves its events.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use std::path::Path;
use std::process::{Command, Output};

use es_tests::TestDatabase;

/// Runs the program in a folder.
fn orders_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orders"));
    command.args(arguments).current_dir(folder).output().expect("the binary runs")
}

/// The printed story: nothing in it differs from run to run.
fn story_in(folder: &Path, arguments: &[&str]) -> String {
    let output = orders_in(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Told in a folder of its own, which is removed with whatever the program has left there.
fn story(store: &str) -> String {
    story_in(tempfile::tempdir().unwrap().path(), &["--store", store])
}

#[test]
fn the_story_is_told_in_tables() {
    let story = story("memory");
    for expected in [
        "The history is caught up with",
        "│ customers       ┆ live  ┆              8 ┆             0 │",
        "│ 2026-03-04 ┆      1 ┆  18.60 ┆    189.00 ┆ -170.40 │",
        "an order that is shipped cannot become cancelled",
        "there is no order",
        "│ today      ┆      1 ┆  79.80 ┆      0.00 ┆   79.80 │",
        "5 orders, 7 with those that were cancelled; 2 to be shipped, worth 43.60",
        "`customers` is rebuilt from 12 events",
    ] {
        assert!(story.contains(expected), "`{expected}` is missing in\n{story}");
    }
}

#[tokio::test]
async fn the_story_is_the_same_on_postgres() {
    let database = TestDatabase::create().await;
    let memory = story("memory");
    assert_eq!(story(database.url()), memory);
    assert_eq!(story(database.url()), memory, "also on a database that was used before");
}

#[test]
fn the_story_is_the_same_in_a_file_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let memory = story("memory");
    assert_eq!(story_in(folder.path(), &[]), memory);
    let data = folder.path().join("data");
    let files = std::fs::read_dir(&data).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(files.collect::<Vec<_>>(), ["orders.db"], "one file, in a folder that is made");
    let again = story_in(&data, &["--store", "sqlite:orders.db"]);
    assert_eq!(again, memory, "also in a file that was used before");
}

#[test]
fn a_store_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let output = orders_in(folder.path(), &["--store", "mysql://localhost"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("write `memory`, `sqlite:PATH` or `postgres://…`"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made");
}
