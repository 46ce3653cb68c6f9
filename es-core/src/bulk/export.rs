//! Stored events as lines of JSON.

use std::fmt;
use std::io::{self, Write};
use std::task::{Poll, ready};

use futures_core::Stream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use thiserror::Error;

use super::options::BulkProgress;
use crate::error::{Cause, StoreError};
use crate::id::StreamId;
use crate::payload::Payload;
use crate::record::StoredEvent;
use crate::store::{EventStore, EventStream, LogQuery, StreamQuery};

/// How many events go by between two reports.
const REPORT: u64 = 1_000;

/// How many bytes are gathered before they are written.
const BUFFER: usize = 64 * 1024;

/// The log, or what `query` selects of it, up to what is settled when it begins.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = es_core::MemoryStore::new();
/// use es_core::{LogQuery, export_log};
/// let mut file = Vec::new();
/// let events = export_log(&store, LogQuery::default()).write_to(&mut file).await?;
/// # assert_eq!(events, 0);
/// # Ok(())
/// # }
/// ```
pub fn export_log<'a, S: EventStore>(store: &'a S, query: LogQuery<'a>) -> Export<'a> {
    Export::of(store.stream_log(query))
}

/// The events of one stream, or what `query` selects of them.
pub fn export_stream<'a, S: EventStore>(
    store: &'a S,
    stream: &'a StreamId,
    query: StreamQuery,
) -> Export<'a> {
    Export::of(store.read_stream(stream, query))
}

/// Events on their way out, one line each: a [`StoredEvent`] as JSON. [`EventLines`](super::EventLines) reads them back.
///
/// A payload with a line break in it, or with space around it, could not stand in a line as it was written. Its line has the
/// exact text in `data_text` besides.
#[must_use = "nothing is read before `write_to` or `lines`"]
pub struct Export<'a> {
    events: EventStream<'a>,
    progress: Option<Box<dyn FnMut(BulkProgress) + Send + 'a>>,
}

impl<'a> Export<'a> {
    fn of(events: EventStream<'a>) -> Self {
        Self { events, progress: None }
    }

    /// Is told now and then how many events have been written, and at the end of all of them; not at an end by an error.
    pub fn progress(mut self, told: impl FnMut(BulkProgress) + Send + 'a) -> Self {
        self.progress = Some(Box::new(told));
        self
    }

    /// Writes all lines and gives their number; memory stays flat however many there are. What is written to is written
    /// to from within the future: a file, a pipe or a `Vec`. Where writing may block for long, use [`lines`](Self::lines).
    ///
    /// # Errors
    /// [`ExportError`]; what was written by then stays written.
    pub async fn write_to(mut self, mut out: impl Write + Send) -> Result<u64, ExportError> {
        let mut buffer = Vec::with_capacity(2 * BUFFER);
        let mut events = 0_u64;
        while let Some(event) = self.events.try_next().await? {
            write_line(&event, &mut buffer)?;
            events += 1;
            if buffer.len() >= BUFFER {
                out.write_all(&buffer)?;
                buffer.clear();
            }
            if events.is_multiple_of(REPORT) {
                self.report(events);
            }
        }
        out.write_all(&buffer)?;
        out.flush()?;
        self.report_end(events);
        Ok(events)
    }

    /// The lines one by one, each with its line end.
    pub fn lines(mut self) -> impl Stream<Item = Result<String, ExportError>> + Send + 'a {
        let mut events = 0_u64;
        stream::poll_fn(move |context| {
            let next = ready!(self.events.poll_next_unpin(context));
            if next.is_none() {
                self.report_end(events);
            }
            Poll::Ready(next.map(|event| {
                let line = event.map_err(ExportError::from).and_then(|event| line(&event));
                if line.is_err() {
                    // It will not be all of them.
                    self.progress = None;
                }
                events += 1;
                if events.is_multiple_of(REPORT) {
                    self.report(events);
                }
                line
            }))
        })
    }

    /// The last report, unless it has just been made.
    fn report_end(&mut self, events: u64) {
        if events == 0 || !events.is_multiple_of(REPORT) {
            self.report(events);
        }
        self.progress = None;
    }

    fn report(&mut self, events: u64) {
        if let Some(told) = &mut self.progress {
            told(BulkProgress::new(events));
        }
    }
}

impl fmt::Debug for Export<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export").field("progress", &self.progress.is_some()).finish_non_exhaustive()
    }
}

/// Why an export stopped.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The events cannot be read.
    #[error("the events cannot be read")]
    Store(#[from] StoreError),
    /// The lines cannot be written.
    #[error("the lines cannot be written")]
    Write(#[from] io::Error),
    /// A stored event is no JSON.
    #[error("a stored event cannot be written as JSON")]
    Encode(#[source] Cause),
}

/// An event whose payload cannot stand in a line as it was written.
#[derive(Serialize)]
struct WithText<'a> {
    #[serde(flatten)]
    event: &'a StoredEvent,
    data_text: &'a str,
}

fn line(event: &StoredEvent) -> Result<String, ExportError> {
    let mut line = Vec::new();
    write_line(event, &mut line)?;
    String::from_utf8(line).map_err(|e| ExportError::Encode(Cause::new(e)))
}

fn write_line(event: &StoredEvent, out: &mut Vec<u8>) -> Result<(), ExportError> {
    let text = event.payload.as_str();
    let written = if stands_in_a_line(text) {
        serde_json::to_writer(&mut *out, event)
    } else {
        write_with_text(event, text, out)
    };
    written.map_err(|e| ExportError::Encode(Cause::new(e)))?;
    out.push(b'\n');
    Ok(())
}

fn write_with_text(
    event: &StoredEvent,
    text: &str,
    out: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    let flat = text.trim_ascii().replace(['\n', '\r'], " ");
    let event = StoredEvent { payload: Payload::trusted(flat), ..event.clone() };
    serde_json::to_writer(out, &WithText { event: &event, data_text: text })
}

/// Line breaks stand between the parts of JSON only: within its texts they are escaped.
fn stands_in_a_line(text: &str) -> bool {
    text.trim_ascii() == text && !text.contains(['\n', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_error_is_no_end_that_is_told() {
        let page = Err(StoreError::Corrupt { what: "a page".to_owned() });
        let mut told = Vec::new();
        let export = Export::of(stream::iter([page]).boxed()).progress(|so_far| told.push(so_far));
        let lines: Vec<_> = export.lines().collect().await;
        assert!(matches!(lines[..], [Err(ExportError::Store(_))]), "{lines:?}");
        assert_eq!(told, []);
    }
}
