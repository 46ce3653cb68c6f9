//! Dispatch and decoding of an event: `Root::replay` against a loop with a `match` that a person would write.

mod subjects;

use std::convert::Infallible;
use std::hint::black_box;
use std::time::Instant;

use anyhow::Result;
use es_core::prelude::*;
use es_core::{Category, EventName, NewEvent, Payload, Position, SchemaVersion};

use crate::measure::{Comparison, by_turns};
use subjects::{ten, two_hundred};

/// How many events a stream has.
const EVENTS: u32 = 1_000;
/// How often it is replayed in one run: a millisecond's work, which most runs do without being interrupted.
const REPLAYS: u32 = 5;
/// How many runs are taken in each round.
const RUNS: usize = 400;

/// An aggregate, replayed by the library and by a `match`. Both return what the handlers left behind.
struct Subject {
    label: &'static str,
    events: Vec<&'static str>,
    library: fn(&StreamId, &[StoredEvent]) -> Result<i64>,
    by_match: fn(&StreamId, &[StoredEvent]) -> Result<i64>,
}

/// Nanoseconds for each event, with 10 handlers and with 200.
///
/// # Errors
/// When an event cannot be replayed.
pub(crate) fn measure(rounds: usize) -> Result<Vec<Comparison>> {
    let mut compared = Vec::new();
    for subject in [ten::subject(), two_hundred::subject()] {
        let events = &subject.events;
        let (first, middle, last) = (events[0], events[events.len() / 2], events[events.len() - 1]);
        let goal = (subject.label == ten::LABEL).then_some(1.05);
        let all = subject.measure("all by turns", events, rounds)?;
        compared.push(Comparison { goal, ..all });
        for (which, event) in [("first", first), ("middle", middle), ("last", last)] {
            compared.push(subject.measure(which, &[event], rounds)?);
        }
    }
    Ok(compared)
}

impl Subject {
    fn measure(&self, which: &str, names: &[&'static str], rounds: usize) -> Result<Comparison> {
        let stream = StreamId::new(Category::new(self.label)?, Uuid::from_u128(1));
        let events = stored(&stream, names)?;
        let [library, by_match] =
            [self.library, self.by_match].map(|replay| replay(&stream, &events));
        assert_eq!(library?, by_match?, "both call the same handlers");
        let figures = by_turns(
            rounds * RUNS,
            || Ok::<_, Infallible>(timed(self.library, &stream, &events)),
            || Ok(timed(self.by_match, &stream, &events)),
        )?;
        let label = format!("replay of {}, {which}", self.label);
        Ok(Comparison::new(&label, "ns", figures))
    }
}

/// A stream of events with these names, one after another.
fn stored(stream: &StreamId, names: &[&'static str]) -> Result<Vec<StoredEvent>> {
    let event = |(n, name): (u64, &&'static str)| {
        // Owned, as when a store has read it.
        let name = EventName::new((*name).to_owned())?;
        let json = r#"{"owner":"01890a5d-ac96-774b-bcce-b302099a8057","name":"Ada Lovelace","amount":1250,"note":null}"#;
        let new = NewEvent::raw(name, SchemaVersion::FIRST, Payload::from_json(json)?);
        let (version, position) = (Version::new(n), Position::new(n));
        Ok(StoredEvent::record(new, stream.clone(), version, position, Utc::now()))
    };
    (1..).zip(names.iter().cycle().take(EVENTS as usize)).map(event).collect()
}

/// Nanoseconds for each event of one run.
fn timed(
    replay: fn(&StreamId, &[StoredEvent]) -> Result<i64>,
    stream: &StreamId,
    events: &[StoredEvent],
) -> f64 {
    let start = Instant::now();
    for _ in 0..REPLAYS {
        black_box(replay(black_box(stream), black_box(events)).expect("it was replayed before"));
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(EVENTS * REPLAYS)
}
