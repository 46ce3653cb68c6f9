//! A run that is killed in the middle, and the same command again.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use es_tests::TestDatabase;

use crate::command_line::loans;
use crate::logs::{file, sample_lines};

/// Copies of the sample under other numbers: enough that a run can be killed among them.
const COPIES: i64 = 200;

#[tokio::test]
async fn a_killed_run_is_finished_by_the_same_command() {
    let sample = sample_lines().concat();
    let copies = (0..COPIES)
        .map(|n| sample.replace("\"application\":\"5", &format!("\"application\":\"{n}-5")));
    let total = COPIES * 251;
    let log = file(copies.collect::<String>());
    let path = log.path().to_str().unwrap();
    let database = TestDatabase::create().await;
    let arguments = ["run", path, "--store", database.url(), "--json"];

    let mut program = Command::new(env!("CARGO_BIN_EXE_loans"));
    let mut running =
        program.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut connection = database.connect().await;
    let deadline = Instant::now() + Duration::from_mins(1);
    while stored(&mut connection).await < 4_000 {
        assert!(Instant::now() < deadline && running.try_wait().unwrap().is_none());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running.kill().unwrap();
    assert!(!running.wait().unwrap().success());
    let left = stored(&mut connection).await;
    assert!((4_000..total).contains(&left), "{left} events after the kill");

    let undisturbed = loans(&["run", path, "--json"]);
    let again = loans(&arguments);
    assert!(again.status.success(), "{again:?}");
    assert_eq!(String::from_utf8(again.stdout), String::from_utf8(undisturbed.stdout));
    assert_eq!(stored(&mut connection).await, total);
    // A statement of the killed program may have ended only after the count.
    let summary = String::from_utf8(again.stderr).unwrap();
    let known: i64 =
        summary.split(", ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(known >= left, "{summary}");
}

/// How many events are stored; 0 before the tables are there.
async fn stored(connection: &mut sqlx::PgConnection) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM es.events").fetch_one(connection).await;
    count.unwrap_or(0)
}
