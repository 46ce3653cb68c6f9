//! A run that is killed in the middle, and the same command again.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use es_tests::{TestDatabase, TestFile};
use sqlx::{Connection as _, SqliteConnection};

use crate::command_line::{loans, utf8};
use crate::logs::{copies, file};

/// Copies of the sample: enough that a run can be killed among them.
const COPIES: i64 = 120;

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

    let ended = kill_at(4_000, &arguments, &mut stored).await;
    assert_eq!(ended, Ended::Killed);
    let left = stored().await.unwrap();
    assert!((4_000..total).contains(&left), "{left} events after the kill");
    // Once more when all is stored and little of it projected, unless it was faster than that could be seen.
    kill_at(total, &arguments, &mut stored).await;

    let undisturbed = loans(&["run", path, "--store", "memory", "--json"]);
    let again = loans(&arguments);
    assert!(again.status.success(), "{again:?}");
    assert_eq!(String::from_utf8(again.stdout), String::from_utf8(undisturbed.stdout));
    let summary = format!("{total} lines: 0 events added, {total} stored before, 0 skipped\n");
    assert_eq!(String::from_utf8(again.stderr).unwrap(), summary);
    assert_eq!(stored().await, Some(total));
}

#[derive(Debug, PartialEq, Eq)]
enum Ended {
    Killed,
    Itself,
}

/// Runs the program and kills it when so many events are stored.
async fn kill_at(
    wanted: i64,
    arguments: &[&str],
    stored: &mut impl AsyncFnMut() -> Option<i64>,
) -> Ended {
    let mut program = Command::new(env!("CARGO_BIN_EXE_loans"));
    let mut running =
        program.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_mins(2);
    while running.try_wait().unwrap().is_none() && stored().await.is_none_or(|n| n < wanted) {
        assert!(Instant::now() < deadline, "{wanted} events are not stored in time");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running.kill().unwrap();
    let status = running.wait().unwrap();
    assert!(status.success() || status.code().is_none(), "it has failed by itself: {status}");
    if status.success() { Ended::Itself } else { Ended::Killed }
}
