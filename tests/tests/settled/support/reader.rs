//! A subscriber: reads the log page by page and remembers what it got.

use es_core::{EventStore as _, LogQuery, Position};
use es_postgres::PgStore;

/// Events in one page.
const PAGE: usize = 100;

/// A reader of the public API. Knows nothing that a user of it would not know.
#[derive(Debug)]
pub(crate) struct Reader {
    store: PgStore,
    cursor: Position,
    /// The positions that it was given.
    pub(crate) seen: Vec<u64>,
}

impl Reader {
    pub(crate) fn new(store: PgStore) -> Self {
        Self { store, cursor: Position::START, seen: Vec::new() }
    }

    /// Reads all there is now, and gives everything that was seen so far.
    pub(crate) async fn poll(&mut self) -> &[u64] {
        while self.page().await.unwrap() == PAGE {}
        &self.seen
    }

    /// Reads one page; gives how many events it had.
    ///
    /// # Panics
    /// When the page is not in order, or begins before the end of the one before.
    pub(crate) async fn page(&mut self) -> Result<usize, es_core::StoreError> {
        let page = self.store.read_log(LogQuery::after(self.cursor), PAGE).await?;
        for event in &page.events {
            assert!(event.position > self.cursor, "{} after {}", event.position, self.cursor);
            self.cursor = event.position;
            self.seen.push(event.position.get());
        }
        assert!(page.through >= self.cursor, "read on from {}?", page.through);
        self.cursor = page.through;
        Ok(page.events.len())
    }

    /// What the store calls settled.
    pub(crate) async fn settled(&self) -> u64 {
        self.store.settled().await.unwrap().get()
    }

    /// Ends its connections.
    pub(crate) async fn close(self) {
        self.store.pool().close().await;
    }
}
