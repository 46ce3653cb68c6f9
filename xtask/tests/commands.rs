//! `cargo xtask` as it is called from a shell.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

fn xtask(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).env_remove("DATABASE_URL").stdin(Stdio::null());
    command
}

fn text(output: &Output) -> String {
    let all = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&all).into_owned()
}

/// Starts it and returns the first line of its output.
fn started(command: &mut Command) -> (Child, String) {
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary runs");
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
    out.read_line(&mut line).expect("it prints text");
    // The rest is read too, so that the child can go on printing.
    std::thread::spawn(move || out.read_to_end(&mut Vec::new()));
    (child, line.trim().to_owned())
}

fn kill(child: &Child, signal: &str) {
    let line = format!("kill -s {signal} {}", child.id());
    let status = Command::new("/bin/sh").args(["-c", &line]).status().expect("there is a shell");
    assert!(status.success());
}

/// How it ended. A command that does not heed a signal must fail the test, not hang it.
fn end_of(mut child: Child) -> ExitStatus {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            return status;
        }
        if Instant::now() > deadline {
            let _ = child.kill().and_then(|()| child.wait());
            panic!("it went on after the signal");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn listens(url: &str) -> bool {
    let address = url.split(['@', '/']).nth(3).expect("a URL of the form scheme://user@host/…");
    TcpStream::connect(address).is_ok()
}

#[track_caller]
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn without_a_command_it_prints_what_there_is() {
    let output = xtask(&[]).output().unwrap();
    assert!(output.status.success());
    assert!(text(&output).contains("cargo xtask test"), "{}", text(&output));

    let output = xtask(&["tset"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("no such command: tset"), "{}", text(&output));
}

#[test]
fn pg_gives_a_command_a_server_and_takes_its_exit_code() {
    let script = "psql -X -A -t -c 'show data_directory' \"$DATABASE_URL\" && exit 7";
    let output = xtask(&["pg", "--", "sh", "-c", script]).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", text(&output));
    let data = String::from_utf8(output.stdout).unwrap();
    assert!(data.starts_with('/'), "{data}");
    assert!(!Path::new(data.trim()).parent().unwrap().exists(), "{data} is left");

    let output = xtask(&["pg", "sh", "-c", "kill -9 $$"]).output().unwrap();
    assert_eq!(output.status.code(), Some(128 + 9));
}

#[test]
fn what_cargo_says_of_this_package_is_not_passed_on() {
    // Set by the `cargo test` that runs us, as by `cargo run`.
    assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
    let output = xtask(&["pg", "env"]).env("CARGO_TERM_COLOR", "never").output().unwrap();
    let seen = text(&output);
    assert!(seen.contains("CARGO_TERM_COLOR=never"), "{seen}");
    assert!(!seen.contains("CARGO_PKG_") && !seen.contains("CARGO_MANIFEST_"), "{seen}");
}

#[test]
fn pg_stops_the_server_before_it_ends_by_a_signal() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let (child, url) = started(&mut xtask(&["pg"]));
        assert!(listens(&url), "{url}");
        kill(&child, signal);
        assert_eq!(end_of(child).code(), Some(code), "SIG{signal}");
        assert!(!listens(&url), "{url} is left after SIG{signal}");
    }
}

#[test]
fn the_command_gets_the_signals_and_a_chance_to_end() {
    let script = "trap 'exit 5' TERM; echo $DATABASE_URL
                  while kill -0 $PPID 2>/dev/null; do sleep 0.1; done";
    let (child, url) = started(&mut xtask(&["pg", "sh", "-c", script]));
    kill(&child, "TERM");
    assert_eq!(end_of(child).code(), Some(5));
    assert!(!listens(&url), "{url} is left");
}

#[test]
fn the_watchdog_cleans_up_after_kill_9() {
    let script = "psql -X -A -t -c 'show data_directory' \"$DATABASE_URL\"
                  while kill -0 $PPID 2>/dev/null; do sleep 0.1; done";
    let (mut child, data) = started(&mut xtask(&["pg", "sh", "-c", script]));
    let folder = Path::new(&data).parent().unwrap();
    assert!(folder.join("log").exists(), "{data}");
    let state = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", state.lines().nth(3).unwrap());
    assert!(listens(&url));
    child.kill().unwrap();
    assert_eq!(end_of(child).signal(), Some(9));
    wait_until("the server stops", || !listens(&url));
    wait_until("the folder goes", || !folder.exists());
}

/// Runs `xtask test` with a `cargo` that only tells how it was called.
fn test_with_fake_cargo(arguments: &[&str], given: Option<&str>) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let cargo = folder.path().join("cargo");
    // Written by another process: a file that we had open for writing could be inherited by a
    // child that another test starts just now, and could not be executed then.
    let write = "echo '#!/bin/sh
        echo \"$@\"; echo \"$DATABASE_URL\"; exit 101' >\"$1\" && chmod +x \"$1\"";
    let mut shell = Command::new("/bin/sh");
    let status = shell.args(["-c", write, "sh"]).arg(&cargo).status().expect("there is a shell");
    assert!(status.success());
    let mut command = xtask(&["test"]);
    command.args(arguments).env("CARGO", &cargo);
    if let Some(given) = given {
        command.env("DATABASE_URL", given);
    }
    let output = command.output().expect("the binary runs");
    (output.status.code(), text(&output))
}

/// What cargo is told: also to run each test binary through this program, which does not wait for ever.
fn cargo_line(rest: &str) -> String {
    let this = env!("CARGO_BIN_EXE_xtask");
    format!(
        r#"test --all-features --config target."cfg(all())".runner=["{this}", "within", "900"] {rest}"#
    )
}

#[test]
fn test_runs_the_whole_workspace_with_a_server_and_passes_the_exit_code_on() {
    let (code, out) = test_with_fake_cargo(&["--", "--test-threads=1"], None);
    assert_eq!(code, Some(101), "{out}");
    let (arguments, url) = out.split_once('\n').unwrap();
    assert_eq!(arguments, cargo_line("--workspace -- --test-threads=1"));
    assert!(url.starts_with("postgres://postgres@127.0.0.1:"), "{url}");
    assert!(!listens(url), "it is stopped when the tests have failed");
}

#[test]
fn test_uses_a_given_server_and_only_the_named_packages() {
    let (_, out) = test_with_fake_cargo(&["-p", "bank"], Some("postgres://somewhere/else"));
    assert_eq!(out, cargo_line("-p bank") + "\npostgres://somewhere/else\n");

    let (code, out) = test_with_fake_cargo(&[], Some("mysql://somewhere/else"));
    assert_eq!(code, Some(1));
    assert!(out.contains("not a PostgreSQL URL"), "{out}");
}

#[test]
fn a_command_that_does_not_end_in_time_is_killed() {
    let begun = Instant::now();
    let late = xtask(&["within", "1", "sleep", "60"]).output().expect("the binary runs");
    assert_eq!(late.status.code(), Some(124), "{}", text(&late));
    assert!(text(&late).contains("`sleep` has not ended after 1s"), "{}", text(&late));
    assert!(begun.elapsed() < Duration::from_secs(30));
    let in_time = xtask(&["within", "60", "sh", "-c", "exit 7"]).output().expect("the binary runs");
    assert_eq!(in_time.status.code(), Some(7), "{}", text(&in_time));
    let wrong = xtask(&["within", "soon", "true"]).output().expect("the binary runs");
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong));
}
