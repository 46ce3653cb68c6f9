//! Lines of JSON as events to be imported. They may come from anywhere: what does not fit is an error that names the line.

use std::borrow::Cow;
use std::io::{self, BufRead, Read as _};
use std::pin::Pin;
use std::task::{Context, Poll};

use chrono::{DateTime, Utc};
use futures_core::Stream;
use serde::Deserialize;
use serde_json::value::RawValue;
use thiserror::Error;
use uuid::Uuid;

use super::ImportedEvent;
use crate::error::Cause;
use crate::event::SchemaVersion;
use crate::id::{EventId, StreamId};
use crate::metadata::Metadata;
use crate::name::{Category, EventName};
use crate::payload::Payload;
use crate::record::NewEvent;
use crate::version::Version;

/// The longest line that is read, in bytes, unless it is set: the largest event that a store takes by default, written at length.
const LONGEST: usize = 16 * 1024 * 1024;

/// The lines of an export, read back; an iterator, and a stream that [`import`](super::BulkStore::import) takes.
///
/// Every event demands the version that its line has, so a line that is missing or repeated is noticed. Fields that are not
/// known are passed over, as are empty lines. `position` is given anew by the store; so is `recorded_at` where a line has none.
///
/// After a line that cannot be understood the next one may be asked for. Reading blocks: what may be slow is better read in a thread of
/// its own.
///
/// ```
/// # use es_core::{BulkStore as _, EventLines, ImportOptions, MemoryStore};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file: &[u8] = br#"{"stream":"account/0191d6f0-0000-7000-8000-000000000001","version":1,"event_type":"opened","event_id":"0191d6f0-0000-7000-8000-000000000002","schema_version":1,"occurred_at":"2012-01-01T00:00:00Z","data":{}}"#;
/// let imported = MemoryStore::new().import(EventLines::new(file), ImportOptions::new()).await?;
/// assert_eq!(imported.events, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct EventLines<R> {
    input: R,
    buffer: Vec<u8>,
    number: u64,
    longest: usize,
    ended: bool,
}

impl<R: BufRead> EventLines<R> {
    /// Reads `input` to its end.
    pub const fn new(input: R) -> Self {
        Self { input, buffer: Vec::new(), number: 0, longest: LONGEST, ended: false }
    }

    /// Sets the bytes allowed in one line (default 16 MiB): no more than that is held in memory.
    #[must_use]
    pub const fn longest(mut self, bytes: usize) -> Self {
        self.longest = bytes;
        self
    }

    /// The number of the line that was read last; the first is 1.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line into the buffer; `false` at the end.
    fn read(&mut self) -> Result<bool, LineError> {
        self.buffer.clear();
        let line = self.number + 1;
        let limit = (self.longest as u64).saturating_add(1);
        let read = self.input.by_ref().take(limit).read_until(b'\n', &mut self.buffer);
        if read.map_err(|cause| LineError::Read { line, cause })? == 0 {
            return Ok(false);
        }
        self.number = line;
        if self.buffer.last() != Some(&b'\n') && self.buffer.len() > self.longest {
            self.input.skip_until(b'\n').map_err(|cause| LineError::Read { line, cause })?;
            return Err(LineError::TooLong { line, limit: self.longest });
        }
        Ok(true)
    }
}

impl<R: BufRead> Iterator for EventLines<R> {
    type Item = Result<ImportedEvent, LineError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            match self.read() {
                Ok(false) => self.ended = true,
                Ok(true) if self.buffer.trim_ascii().is_empty() => {}
                Ok(true) => {
                    let (line, event) = (self.number, parse(self.buffer.trim_ascii()));
                    return Some(event.map_err(|cause| LineError::Malformed { line, cause }));
                }
                Err(error) => {
                    self.ended = matches!(error, LineError::Read { .. });
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

impl<R: BufRead + Unpin> Stream for EventLines<R> {
    type Item = Result<ImportedEvent, LineError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.next())
    }
}

/// Why a line gives no event.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LineError {
    /// The lines cannot be read any further.
    #[error("line {line} cannot be read")]
    Read {
        /// Its number; the first is 1.
        line: u64,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// A line over the limit.
    #[error("line {line} is longer than {limit} bytes")]
    TooLong {
        /// Its number; the first is 1.
        line: u64,
        /// The longest accepted.
        limit: usize,
    },
    /// A line that is no event as an export writes it.
    #[error("line {line} is not an event")]
    Malformed {
        /// Its number; the first is 1.
        line: u64,
        /// What is wrong with it.
        #[source]
        cause: Cause,
    },
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    event_id: EventId,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    version: Version,
    schema_version: u32,
    occurred_at: DateTime<Utc>,
    #[serde(default)]
    recorded_at: Option<DateTime<Utc>>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(borrow, default)]
    data_text: Option<Cow<'a, str>>,
}

fn parse(line: &[u8]) -> Result<ImportedEvent, Cause> {
    let line: Line<'_> = serde_json::from_slice(line).map_err(|e| on_one_line(&e))?;
    let name = EventName::new(line.event_type.into_owned()).map_err(Cause::new)?;
    let payload = line.data_text.as_deref().unwrap_or_else(|| line.data.get());
    let payload = Payload::from_json(payload).map_err(Cause::new)?;
    let schema_version = SchemaVersion::new(line.schema_version);
    let schema_version =
        schema_version.ok_or_else(|| Cause::new("`schema_version` is not 1 to 2147483647"))?;
    let event = NewEvent::existing(line.event_id, name, schema_version, payload, line.occurred_at);
    let event = event.metadata(line.metadata);
    let imported = ImportedEvent::new(stream_id(&line.stream)?, event).version(line.version);
    Ok(match line.recorded_at {
        Some(time) => imported.recorded_at(time),
        None => imported,
    })
}

/// A category may hold slashes, a UUID does not.
fn stream_id(text: &str) -> Result<StreamId, Cause> {
    let parts = text.rsplit_once('/');
    let (category, id) = parts.ok_or_else(|| Cause::new("`stream` is not `category/uuid`"))?;
    let category = Category::new(category.to_owned()).map_err(Cause::new)?;
    let id = Uuid::try_parse(id).map_err(|e| Cause::new(format!("`stream`: {e}")))?;
    Ok(StreamId::new(category, id))
}

/// The parser counts lines too, and always says 1.
fn on_one_line(error: &serde_json::Error) -> Cause {
    let (text, column) = (error.to_string(), error.column());
    let place = format!(" at line {} column {column}", error.line());
    match text.strip_suffix(&place) {
        Some(text) => Cause::new(format!("{text} at column {column}")),
        None => Cause::new(text),
    }
}
