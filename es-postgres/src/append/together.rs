//! Group commit: the appends of one process share statements. See [`queue`](crate::queue).

use es_core::{AppendError, Cause, StreamAppend};
use thiserror::Error;
use uuid::Uuid;

use super::Outcome;
use crate::queue::{Bounds, Queue, Work};
use crate::store::PgStore;

/// Appends at work or waiting; further callers wait for room.
const ROOM: usize = 4096;

/// Streams of a statement. Twice as many cost the server twice as long and win little: what is saved is a round trip and a
/// commit per statement, and at this size they are a hundredth of it.
const STREAMS: usize = 128;

/// Bytes of a statement, so that a statement is sent and planned in a few milliseconds and a small append never waits long
/// behind large ones.
const BYTES: usize = 1024 * 1024;

/// What an event counts for beside its payload: its row, and its share of the statement.
const EVENT: usize = 256;

/// The queue of a store.
pub(crate) type Appends = Queue<Writer>;

pub(crate) fn appends(lanes: usize) -> Appends {
    Queue::new(Bounds { lanes, room: ROOM, items: STREAMS, size: BYTES })
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
        append.events.iter().map(|event| event.payload.as_str().len() + EVENT).sum()
    }

    async fn run(self, appends: Vec<StreamAppend>) -> Vec<Outcome> {
        self.0.append_checked(&appends).await
    }
}

impl PgStore {
    pub(crate) async fn append_together(&self, append: StreamAppend) -> Outcome {
        let checked = self.config().get_limits().check_all(std::slice::from_ref(&append));
        checked.into_iter().collect::<Result<(), _>>()?;
        let (stream, first_event) = (append.stream.clone(), append.events[0].id);
        let answer = self.appends().submit(Writer(self.clone()), append).await;
        answer.unwrap_or_else(|_| {
            let cause = Cause::new(Ended);
            Err(AppendError::OutcomeUnknown { stream, first_event, cause })
        })
    }
}

#[derive(Debug, Error)]
#[error("the runtime of whoever was sending the append was shut down")]
struct Ended;
