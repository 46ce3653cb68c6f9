//! What is to be written, worked out while nobody else can write: the same rules as in memory.

use std::collections::HashSet;

use chrono::Utc;
use es_core::{AppendError, Appended, EventId, Position, StreamAppend, Version};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::heads::Heads;
use super::insert::NewRow;
use crate::row::{hex_list, micros};
use crate::together::Outcome;

/// Rows that follow the last one, and where each stream stands when they are written.
pub(super) struct Plan<'a> {
    heads: Heads,
    /// Ids that are stored or planned, once they have been looked up.
    taken: Option<HashSet<EventId>>,
    recorded_at: i64,
    rows: Vec<NewRow<'a>>,
}

impl<'a> Plan<'a> {
    pub(super) async fn new(
        connection: &mut SqliteConnection,
        appends: &[StreamAppend],
    ) -> Result<Self, sqlx::Error> {
        let mut heads = Heads::default();
        heads.learn(connection, appends.iter().map(|append| append.stream.id())).await?;
        Ok(Self { heads, taken: None, recorded_at: micros(Utc::now()), rows: Vec::new() })
    }

    /// Learns which of the events are stored.
    pub(super) async fn look_up_ids(
        &mut self,
        connection: &mut SqliteConnection,
        appends: &[StreamAppend],
    ) -> Result<(), sqlx::Error> {
        let events = appends.iter().flat_map(|append| &append.events);
        let found: Vec<(Vec<u8>,)> = sqlx::query_as(include_str!("../sql/append_taken.sql"))
            .bind(hex_list(events.map(|event| event.id.as_uuid())))
            .fetch_all(connection)
            .await?;
        let ids = found.iter().filter_map(|(id,)| Uuid::from_slice(id).ok());
        self.taken = Some(ids.map(EventId::from_uuid).collect());
        Ok(())
    }

    /// Adds an append, if what its writer believes holds.
    pub(super) fn add(&mut self, append: &'a StreamAppend) -> Outcome {
        let before = self.heads.version(&append.stream)?;
        let actual = Version::new(before.cast_unsigned());
        if !append.expected.accepts(actual) {
            let (stream, expected) = (append.stream.clone(), append.expected);
            return Err(AppendError::Conflict { stream, expected, actual });
        }
        if let Some(taken) = &mut self.taken {
            if let Some(event) = append.events.iter().find(|event| taken.contains(&event.id)) {
                return Err(AppendError::DuplicateEvent { event: event.id });
            }
            taken.extend(append.events.iter().map(|event| event.id));
        }
        let mut version = before;
        for event in &append.events {
            version += 1;
            let (position, recorded_at) = (self.heads.next_position(), self.recorded_at);
            self.rows.push(NewRow {
                position,
                stream: &append.stream,
                version,
                event,
                recorded_at,
            });
        }
        self.heads.set(&append.stream, version);
        Ok(Appended::new(
            Version::new((before + 1).cast_unsigned()),
            Version::new(version.cast_unsigned()),
            Position::new(self.heads.last().cast_unsigned()),
        ))
    }

    pub(super) fn rows(&self) -> &[NewRow<'a>] {
        &self.rows
    }
}
