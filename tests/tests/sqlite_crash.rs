//! A program that writes to an SQLite file is killed at 200 random instants: what it was answered is there, the read models
//! are what the log comes to, and the file opens.
//!
//! The seed of a run is printed; `ES_SEED=N` repeats its instants.

use std::collections::HashSet;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use es_core::EventId;
use es_tests::{TestFile, crash};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// How often each of the two is killed.
const KILLS: u64 = 100;

fn start(file: &TestFile, seed: u64) -> Child {
    Command::new(env!("CARGO_BIN_EXE_crasher"))
        .arg(file.path())
        .arg(seed.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program is there")
}

/// Kills it, and gives what it was answered: whole lines only.
fn kill(mut child: Child) -> Vec<EventId> {
    let ended = child.try_wait().expect("it is our child");
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    let (mut said, mut errors) = (String::new(), String::new());
    child.stdout.take().expect("piped").read_to_string(&mut said).expect("text");
    child.stderr.take().expect("piped").read_to_string(&mut errors).expect("text");
    assert!(ended.is_none(), "it ended by itself: {errors}");
    let lines = said.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let ids = lines.flat_map(str::split_whitespace);
    ids.map(|id| EventId::from_uuid(id.parse().expect("an id"))).collect()
}

async fn kill_again_and_again(which: u64) {
    let seed = std::env::var("ES_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| rand::random::<u32>().into());
    println!("ES_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed + which);
    let file = TestFile::create();
    let (mut answered, mut events) = (HashSet::new(), 0);
    for round in 0..KILLS {
        let child = start(&file, seed + which * KILLS + round);
        // Sometimes before it has opened the file, mostly in the middle of its work.
        tokio::time::sleep(Duration::from_millis(random.random_range(0..150))).await;
        // The pipe holds far more than what is said in that time.
        answered.extend(kill(child));
        events = crash::check(&file.path(), &answered).await;
    }
    assert!(answered.len() > 500 && events >= answered.len(), "it did work: {}", answered.len());
}

#[tokio::test]
async fn a_killed_writer_loses_nothing() {
    kill_again_and_again(0).await;
}

#[tokio::test]
async fn another_killed_writer_loses_nothing() {
    kill_again_and_again(1).await;
}
