//! The processes of one tree share one cluster, and it ends with the tree.
//!
//! The test binary runs itself: a shell is the common parent, the ignored test `child` below is
//! what the shell runs.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

const MARK: &str = "the url is ";

#[test]
#[ignore = "what the other tests run as a process of its own"]
fn child() {
    println!("\n{MARK}{}", xtask::pg::url().unwrap());
    println!("{MARK}{}", xtask::pg::url().unwrap());
}

/// A shell that runs a line of script whenever it is told to.
struct Parent {
    shell: Child,
    script: Option<ChildStdin>,
    answers: BufReader<std::process::ChildStdout>,
}

impl Parent {
    fn start() -> Self {
        let mut shell = Command::new("/bin/sh")
            .env_remove("DATABASE_URL")
            .env("SELF", std::env::current_exe().expect("we run from a file"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let script = shell.stdin.take();
        let answers = BufReader::new(shell.stdout.take().expect("it is piped"));
        Self { shell, script, answers }
    }

    /// Runs the child so many times at once and returns all URLs that were printed.
    fn urls(&mut self, processes: usize) -> Vec<String> {
        let one = "\"$SELF\" --exact child --ignored --nocapture & ";
        let script = self.script.as_mut().expect("not closed yet");
        writeln!(script, "{} wait; echo done", one.repeat(processes)).expect("the shell reads");
        let mut urls = Vec::new();
        let mut line = String::new();
        while self.answers.read_line(&mut line).expect("the shell writes text") > 0 {
            if let Some((_, url)) = line.trim().split_once(MARK) {
                urls.push(url.to_owned());
            }
            if line.trim() == "done" {
                break;
            }
            line.clear();
        }
        assert_eq!(urls.len(), 2 * processes, "each prints it twice: {urls:?}");
        urls
    }

    /// The folder in which the children meet.
    fn folder(&self) -> Option<PathBuf> {
        let prefix = format!("es-pg-{}-", self.shell.id());
        ["/tmp".into(), std::env::temp_dir(), "/var/tmp".into()]
            .iter()
            .filter_map(|base: &PathBuf| base.read_dir().ok())
            .flat_map(|entries| entries.filter_map(Result::ok))
            .find(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
            .map(|entry| entry.path())
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        let _ = self.shell.kill().and_then(|()| self.shell.wait());
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
fn racing_and_later_processes_share_one_cluster() {
    let mut parent = Parent::start();
    let mut urls = parent.urls(4);
    urls.extend(parent.urls(1));
    urls.sort();
    urls.dedup();
    assert_eq!(urls.len(), 1, "{urls:?}");
    assert!(listens(&urls[0]));

    let mut other = Parent::start();
    assert!(!urls.contains(&other.urls(1)[0]), "another tree has another cluster");
}

#[test]
fn it_goes_away_when_the_parent_ends() {
    let mut parent = Parent::start();
    let url = parent.urls(1).remove(0);
    let folder = parent.folder().expect("the children met somewhere");
    // The end of its script is the end of the shell.
    drop(parent.script.take());
    parent.shell.wait().unwrap();
    wait_until("the server stops", || !listens(&url));
    wait_until("the folder goes", || !folder.exists());
}

#[test]
fn it_goes_away_when_the_parent_is_killed_and_not_reaped() {
    let mut parent = Parent::start();
    let url = parent.urls(1).remove(0);
    let folder = parent.folder().expect("the children met somewhere");
    parent.shell.kill().unwrap();
    // Without `wait` it stays a zombie: its number is still in use, but it has ended.
    wait_until("the server stops", || !listens(&url));
    wait_until("the folder goes", || !folder.exists());
}

#[test]
fn a_start_that_broke_off_does_not_stop_the_next_one() {
    let mut parent = Parent::start();
    let first = parent.urls(1).remove(0);
    let folder = parent.folder().expect("the children met somewhere");
    // What a process leaves that is killed just before it writes the URL …
    std::fs::remove_file(folder.join("url")).unwrap();
    let second = parent.urls(2).remove(0);
    assert_ne!(first, second);
    assert!(listens(&second));
    // … and one that was killed while writing.
    std::fs::write(folder.join("url"), &second[..20]).unwrap();
    let third = parent.urls(2).remove(0);
    assert!(listens(&third));

    drop(parent);
    for url in [first, second, third] {
        wait_until("every server stops", || !listens(&url));
    }
    wait_until("the folder goes", || !folder.exists());
}

#[test]
fn a_server_that_was_killed_is_replaced() {
    let mut parent = Parent::start();
    let first = parent.urls(1).remove(0);
    let folder = parent.folder().expect("the children met somewhere");
    let homes = folder.read_dir().unwrap().filter_map(Result::ok);
    let state = homes.map(|entry| entry.path().join("data/postmaster.pid")).find(|it| it.exists());
    let state = std::fs::read_to_string(state.expect("one server runs")).unwrap();
    let pid = state.lines().next().unwrap();
    let kill = format!("kill -9 {pid}");
    assert!(Command::new("/bin/sh").args(["-c", &kill]).status().unwrap().success());
    wait_until("the server is dead", || !listens(&first));
    let second = parent.urls(1).remove(0);
    assert!(listens(&second));
}

#[test]
fn a_given_url_is_used_as_it_is() {
    let run = |given: &str| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env("DATABASE_URL", given)
            .output()
            .unwrap();
        let out = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&out).into_owned())
    };
    let (succeeded, out) = run("postgres://somewhere/else");
    assert!(succeeded && out.contains(&format!("{MARK}postgres://somewhere/else\n")), "{out}");

    let (succeeded, out) = run("mysql://me:secret@somewhere/else");
    assert!(!succeeded && out.contains("not a PostgreSQL URL"), "{out}");
    assert!(!out.contains("secret"), "{out}");
}
