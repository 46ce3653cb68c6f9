//! What `cargo run -p orders` prints.

use std::process::{Command, Output};

use es_tests::TestDatabase;

fn orders(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orders"));
    command.args(arguments).output().expect("the binary runs")
}

/// The printed story: nothing in it differs from run to run.
fn story(arguments: &[&str]) -> String {
    let output = orders(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_story_is_told_in_tables() {
    let story = story(&[]);
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
    let memory = story(&[]);
    assert_eq!(story(&["--store", database.url()]), memory);
    let again = story(&["--store", database.url()]);
    assert_eq!(again, memory, "also on a database that was used before");
}

#[test]
fn a_store_that_is_none_is_named() {
    let output = orders(&["--store", "mysql://localhost"]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("`mysql://localhost` is no store"), "{error}");
}
