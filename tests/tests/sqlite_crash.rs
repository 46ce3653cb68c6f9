//! A program that writes to an SQLite file is killed at 200 random instants: what it was answered is there, the read models
//! are what the log comes to, and the file opens.
//!
//! The seed of a run is printed; `ES_SEED=N` repeats its instants.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use es_core::EventId;
use es_tests::{TestFile, crash};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// How often each of the two is killed.
const KILLS: u64 = 100;

/// The program at work, and what it says.
struct Program {
    child: Child,
    said: JoinHandle<String>,
    /// Hears when it has said something.
    begun: Receiver<()>,
}

impl Program {
    fn start(file: &TestFile, seed: u64) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_crasher"))
            .arg(file.path())
            .arg(seed.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program is there");
        let mut out = child.stdout.take().expect("piped");
        let (begins, begun) = channel();
        // Read all the while: it would wait for room in a full pipe.
        let said = std::thread::spawn(move || {
            let mut said = vec![0];
            if out.read_exact(&mut said).is_ok() {
                // Who listens may have gone.
                let _ = begins.send(());
                out.read_to_end(&mut said).expect("readable");
            }
            String::from_utf8(said).expect("text")
        });
        Self { child, said, begun }
    }

    /// Kills it, and gives what it was answered: whole lines only.
    fn kill(mut self) -> Vec<EventId> {
        let ended = self.child.try_wait().expect("it is our child");
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
        let mut errors = String::new();
        self.child.stderr.take().expect("piped").read_to_string(&mut errors).expect("text");
        assert!(ended.is_none(), "it ended by itself: {errors}");
        let said = self.said.join().expect("no panic");
        let lines = said.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let ids = lines.flat_map(str::split_whitespace);
        ids.map(|id| EventId::from_uuid(id.parse().expect("an id"))).collect()
    }
}

async fn kill_again_and_again(which: u64) {
    let seed = std::env::var("ES_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| rand::random::<u32>().into());
    println!("ES_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed + which);
    let file = TestFile::create();
    let (mut answered, mut events) = (BTreeSet::new(), 0);
    for round in 0..KILLS {
        let program = Program::start(&file, seed + which * KILLS + round);
        // Now and then while it opens the file, mostly in the middle of its work.
        if round % 5 > 0 {
            program.begun.recv_timeout(Duration::from_secs(30)).expect("it gets to work");
        }
        std::thread::sleep(Duration::from_micros(random.random_range(0..80_000)));
        answered.extend(program.kill());
        events = crash::check(&file.path(), &answered).await;
    }
    assert!(answered.len() > 200 && events >= answered.len(), "it did work: {}", answered.len());
}

#[tokio::test]
async fn a_killed_writer_loses_nothing() {
    kill_again_and_again(0).await;
}

#[tokio::test]
async fn another_killed_writer_loses_nothing() {
    kill_again_and_again(1).await;
}
