//! A run that is killed in the middle, and the same command again.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use es_tests::{TestDatabase, TestFile};
use sqlx::{Connection as _, SqliteConnection};

use crate::command_line::{loans, utf8};
use crate::logs::{copies, file};

/// Copies of the sample: enough that a run can be killed among them.
const COPIES: i64 = 200;

#[tokio::test]
async fn a_killed_run_is_finished_by_the_same_command_on_postgres() {
    let database = TestDatabase::create().await;
    let mut connection = database.connect().await;
    a_killed_run_is_finished_by_the_same_command(database.url(), async || {
        let count = sqlx::query_scalar("SELECT count(*) FROM es.events");
        count.fetch_one(&mut connection).await.ok()
    })
    .await;
}

#[tokio::test]
async fn a_killed_run_is_finished_by_the_same_command_on_sqlite() {
    let file = TestFile::create();
    let path = file.path();
    a_killed_run_is_finished_by_the_same_command(&format!("sqlite:{}", utf8(&path)), async || {
        stored_in(&path).await.ok()
    })
    .await;
}

/// By a connection of its own for each look, as there is no file in the beginning.
async fn stored_in(file: &Path) -> Result<i64, sqlx::Error> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    sqlx::query_scalar("SELECT count(*) FROM es_events").fetch_one(&mut connection).await
}

/// `stored` tells how many events are stored, unless there are no tables yet.
async fn a_killed_run_is_finished_by_the_same_command(
    store: &str,
    mut stored: impl AsyncFnMut() -> Option<i64>,
) {
    let total = COPIES * 251;
    let log = file(copies(COPIES));
    let path = utf8(log.path());
    let arguments = ["run", path, "--store", store, "--json"];

    let mut program = Command::new(env!("CARGO_BIN_EXE_loans"));
    let mut running =
        program.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    while stored().await.is_none_or(|stored| stored < 4_000) {
        assert!(Instant::now() < deadline && running.try_wait().unwrap().is_none());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running.kill().unwrap();
    assert!(!running.wait().unwrap().success());
    let left = stored().await.unwrap();
    assert!((4_000..total).contains(&left), "{left} events after the kill");

    let undisturbed = loans(&["run", path, "--store", "memory", "--json"]);
    let again = loans(&arguments);
    assert!(again.status.success(), "{again:?}");
    assert_eq!(String::from_utf8(again.stdout), String::from_utf8(undisturbed.stdout));
    assert_eq!(stored().await, Some(total));
    // A statement of the killed program may have ended only after the count.
    let summary = String::from_utf8(again.stderr).unwrap();
    let known: i64 =
        summary.split(", ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(known >= left, "{summary}");
}
