//! The log moves on between any two messages of a reader.
//!
//! A look is several statements, and what may happen between them does happen here, every time: writers draw
//! positions, others overtake them, some end. Asking who writes before asking how far the log goes, or reading the
//! events before both, loses events in this test. The seed is fixed, and the steps are those of the reader: every
//! run is the same.

use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::Mutex;

use crate::support::{Log, Reader, Steps, Writer, relay};

/// Pages that the reader asks for.
const PAGES: usize = 60;

#[tokio::test]
async fn a_writer_who_comes_between_two_statements_of_a_look_is_not_missed() {
    let log = Log::new("between").await;
    let world = Arc::new(Mutex::new(World::of(&log).await));
    let url = relay(&log.url, Restless(world.clone())).await;
    let mut reader = Reader::new(es_postgres::PgStore::connect(&url).await.unwrap());
    for _ in 0..PAGES {
        reader.page().await.unwrap();
    }
    let while_moving = reader.seen.len();
    let committed = world.lock().await.stop().await;
    reader.poll().await;
    assert_eq!(reader.seen, committed, "all, in order, none twice");
    assert!(committed.len() > 2 * PAGES, "the log hardly moved: {} events", committed.len());
    assert!(while_moving * 10 > committed.len() * 8, "{while_moving} of {}", committed.len());
}

/// Writers in several stages, one step for all of them at a time.
struct World {
    random: StdRng,
    idle: Vec<Writer>,
    open: Vec<Open>,
    quick: Writer,
    committed: Vec<u64>,
    stopped: bool,
}

/// A writer with an event in flight.
struct Open {
    writer: Writer,
    position: u64,
    steps_left: u32,
}

impl World {
    async fn of(log: &Log) -> Self {
        let mut idle = Vec::new();
        for _ in 0..4 {
            idle.push(log.writer().await);
        }
        Self {
            random: StdRng::seed_from_u64(5),
            idle,
            open: Vec::new(),
            quick: log.writer().await,
            committed: Vec::new(),
            stopped: false,
        }
    }

    /// One writer comes, perhaps; something becomes visible behind it; those whose time has come end.
    async fn move_on(&mut self) {
        if self.random.random_bool(0.5)
            && let Some(mut writer) = self.idle.pop()
        {
            let position = writer.begin_and_append().await;
            let steps_left = self.random.random_range(1..=6);
            self.open.push(Open { writer, position, steps_left });
        }
        self.committed.push(self.quick.append().await);
        for mut one in std::mem::take(&mut self.open) {
            one.steps_left -= 1;
            if one.steps_left > 0 {
                self.open.push(one);
                continue;
            }
            if self.random.random_bool(0.2) {
                one.writer.run("ROLLBACK").await;
            } else {
                one.writer.run("COMMIT").await;
                self.committed.push(one.position);
            }
            self.idle.push(one.writer);
        }
    }

    /// Ends all writers. Gives the positions of all events, in order.
    async fn stop(&mut self) -> Vec<u64> {
        while !self.open.is_empty() {
            self.move_on().await;
        }
        self.stopped = true;
        self.committed.sort_unstable();
        self.committed.clone()
    }
}

#[derive(Clone)]
struct Restless(Arc<Mutex<World>>);

impl Steps for Restless {
    async fn step(&self) {
        let mut world = self.0.lock().await;
        if !world.stopped {
            world.move_on().await;
        }
    }
}
