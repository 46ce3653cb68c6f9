//! What the runner says to a subject's program, and what it hears.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One call of a subject's program, as its only argument in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The database: the subject's own. A PostgreSQL URL, or [`SQLITE`](crate::SQLITE) and a path.
    pub url: String,
    /// What to do there.
    pub task: Task,
}

/// What a call is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// Makes the tables and what is to be in them. Not timed.
    Prepare(Fixture),
    /// Does a work and says how fast.
    Measure(Work),
}

/// What is in a database before anything is measured.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Fixture {
    /// Empty tables.
    Empty,
    /// One stream of each of these lengths.
    Streams {
        /// Their lengths.
        lengths: Vec<u64>,
        /// Whether to keep a snapshot of each, so many events before its end.
        snapshot: Option<u64>,
    },
    /// A log of many streams that grew by turns.
    Log {
        /// How many events in all.
        events: u64,
    },
}

/// A measured work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Work {
    /// Deposits: load, decide, append. Figure: commands per second.
    Commands {
        /// How many at once.
        callers: u32,
        /// On how many accounts, by turns.
        streams: u32,
        /// Whether the subject may keep aggregates in memory.
        warm: bool,
        /// The length of a deposit's reference in bytes: 20 unless payload size is the question.
        reference: usize,
        /// When to stop.
        limit: Limit,
    },
    /// Loads of one stream of so many events, one after another. Figure: events per second.
    Load {
        /// The length of the stream.
        events: u64,
        /// Whether a snapshot was kept.
        snapshot: bool,
        /// When to stop, counted in loads.
        limit: Limit,
    },
    /// The whole log, once, into balances in memory. Figure: events per second.
    Replay {
        /// The length of the log.
        events: u64,
    },
    /// The whole log, once, into a table of balances. Figure: events per second.
    ReplayTable {
        /// The length of the log.
        events: u64,
    },
    /// New streams, written at once. Figure: events per second.
    Import {
        /// How many events.
        events: u64,
    },
    /// From the commit to the handler of a subscription that follows. Figure: the median in milliseconds.
    Live {
        /// How many events, one after another.
        samples: u32,
    },
    /// The log replayed into balances in memory. Figure: MiB above idle.
    Memory {
        /// The length of the log.
        events: u64,
    },
}

/// A measurement ends with whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// So many were done.
    pub count: u64,
    /// So many seconds have passed.
    pub seconds: f64,
}

impl Limit {
    /// The time that it leaves.
    pub fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

/// What a program prints, as its last line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// The fixture is there.
    Ready,
    /// The work was done.
    Figure(f64),
    /// The subject has nothing for this work or fixture.
    Unsupported,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_and_answers_survive_the_way_between_the_programs() {
        let limit = Limit { count: 3, seconds: 0.5 };
        let work = Work::Commands { callers: 64, streams: 9, warm: true, reference: 20, limit };
        let prepare = Task::Prepare(Fixture::Streams { lengths: vec![1, 10], snapshot: Some(5) });
        for task in [Task::Measure(work), prepare] {
            let job = Job { url: "postgres://h/d".into(), task };
            let text = serde_json::to_string(&job).unwrap();
            assert_eq!(serde_json::from_str::<Job>(&text).unwrap(), job);
        }
        for answer in [Answer::Ready, Answer::Figure(0.25), Answer::Unsupported] {
            let text = serde_json::to_string(&answer).unwrap();
            assert_eq!(serde_json::from_str::<Answer>(&text).unwrap(), answer);
        }
    }
}
