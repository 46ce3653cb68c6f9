//! Where streams stand, and the log, while nobody else can write.

use std::collections::HashMap;

use es_core::{Category, StoreError, StreamId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::row::{check_category, hex_list};

/// The heads of the streams that a transaction writes to, and the end of the log, both with what it has written itself.
#[derive(Default)]
pub(crate) struct Heads {
    heads: HashMap<Uuid, Head>,
    last: i64,
}

/// The last event of a stream; version 0 when there is none yet.
struct Head {
    version: i64,
    category: Category,
}

impl Heads {
    /// Asks for streams that are not known yet; those that do not exist stay unknown.
    ///
    /// # Errors
    /// Those of the driver.
    pub(crate) async fn learn(
        &mut self,
        connection: &mut SqliteConnection,
        streams: impl Iterator<Item = Uuid>,
    ) -> Result<(), sqlx::Error> {
        let unknown = hex_list(streams.filter(|stream| !self.knows(*stream)));
        let found: Vec<(i64, Option<Vec<u8>>, i64, String)> =
            sqlx::query_as(include_str!("../sql/append_heads.sql"))
                .bind(unknown)
                .fetch_all(connection)
                .await?;
        for (last, stream, version, category) in found {
            self.last = last;
            let stream = stream.and_then(|stream| Uuid::from_slice(&stream).ok());
            // A category that is none cannot be the one that a writer means, whatever it is called here.
            let category = Category::new(category).ok();
            if let (Some(stream), Some(category)) = (stream, category) {
                self.heads.insert(stream, Head { version, category });
            }
        }
        Ok(())
    }

    /// Whether the stream was met before, be it in this transaction only.
    pub(crate) fn knows(&self, stream: Uuid) -> bool {
        self.heads.contains_key(&stream)
    }

    /// The version of a stream that was asked for; 0 when there is no such stream.
    ///
    /// # Errors
    /// [`StoreError::WrongCategory`] when it is another category's.
    pub(crate) fn version(&self, stream: &StreamId) -> Result<i64, StoreError> {
        let Some(head) = self.heads.get(&stream.id()) else { return Ok(0) };
        check_category(stream, head.category.as_str())?;
        Ok(head.version)
    }

    /// Says where a stream stands from now on.
    pub(crate) fn set(&mut self, stream: &StreamId, version: i64) {
        let category = stream.category().clone();
        self.heads.insert(stream.id(), Head { version, category });
    }

    /// The last position.
    pub(crate) const fn last(&self) -> i64 {
        self.last
    }

    /// Takes the position after the last one.
    pub(crate) const fn next_position(&mut self) -> i64 {
        self.last += 1;
        self.last
    }
}
