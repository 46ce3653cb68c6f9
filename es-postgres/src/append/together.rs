//! Group commit: the appends of one process share statements. See [`queue`](crate::queue).

use es_core::{AppendError, Cause, NewEvent, StoreError, StreamAppend};
use thiserror::Error;
use uuid::Uuid;

use super::Outcome;
use crate::config::PgConfig;
use crate::queue::{Bounds, Done, Queue, Unanswered, Work};
use crate::store::PgStore;

/// Appends at work or waiting; further callers wait for room.
const ROOM: usize = 4096;

/// Streams of a statement: what is saved is a round trip and a commit per statement, of which each has but a small share then.
const STREAMS: usize = 128;

/// Bytes of a statement, so that a statement is sent and planned in a few milliseconds and a small append never waits long
/// behind large ones.
const BYTES: usize = 1024 * 1024;

/// What an event counts for beside its payload: its row, and its share of the statement.
const EVENT: usize = 256;

/// The queue of a store.
pub(crate) type Appends = Queue<Writer>;

/// Appends that have to wait for somebody elsewhere, each on a connection, may use all but a few of the pool's.
pub(crate) fn appends(config: &PgConfig) -> Appends {
    let (lanes, patience) = (config.get_append_lanes(), config.get_acquire_timeout());
    let slow = config.get_max_connections().saturating_sub(lanes + 1);
    Queue::new(Bounds { lanes, room: ROOM, items: STREAMS, size: BYTES, slow, patience })
}

/// Sends what has come together.
#[derive(Clone)]
pub(crate) struct Writer(PgStore);

impl Work for Writer {
    type Item = StreamAppend;
    type Answer = Outcome;

    /// The stream, and the ids of the events. So no statement waits for another one of this process, and none fails because
    /// two callers brought the same event.
    fn keys(append: &StreamAppend) -> Vec<Uuid> {
        let events = append.events.iter().map(|event| event.id.as_uuid());
        std::iter::once(append.stream.id()).chain(events).collect()
    }

    fn size(append: &StreamAppend) -> usize {
        append.events.iter().map(|event| event.payload.as_str().len() + extra(event) + EVENT).sum()
    }

    async fn run(self, appends: Vec<StreamAppend>) -> Vec<Done<StreamAppend, Outcome>> {
        let outcomes = self.0.append_checked(&appends).await;
        let pairs = appends.into_iter().zip(outcomes);
        pairs.map(|(append, outcome)| outcome.map_or(Done::Alone(append), Done::Answered)).collect()
    }
}

/// The bytes of what a program adds to the metadata; the rest of it is short.
fn extra(event: &NewEvent) -> usize {
    let extra = &event.metadata.extra;
    if extra.is_empty() { 0 } else { serde_json::to_vec(extra).map_or(0, |json| json.len()) }
}

impl PgStore {
    pub(crate) async fn append_together(&self, append: StreamAppend) -> Outcome {
        let checked = self.config().get_limits().check_all(std::slice::from_ref(&append));
        checked.into_iter().collect::<Result<(), _>>()?;
        let (stream, first_event) = (append.stream.clone(), append.events[0].id);
        let answer = self.appends().submit(Writer(self.clone()), append).await;
        answer.unwrap_or_else(|unanswered| match unanswered {
            Unanswered::NotInTime => Err(StoreError::Unavailable(Cause::new(NotSent)).into()),
            Unanswered::Lost => {
                let cause = Cause::new(Ended);
                Err(AppendError::OutcomeUnknown { stream, first_event, cause })
            }
        })
    }
}

#[derive(Debug, Error)]
#[error("the runtime of whoever was sending the append was shut down")]
struct Ended;

#[derive(Debug, Error)]
#[error("the append waited too long for those before it, and was not sent")]
struct NotSent;
