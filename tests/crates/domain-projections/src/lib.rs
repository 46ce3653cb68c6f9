//! What the library's catalogue shows.

use domain_events::{BookBought, BookId, BookLent, BookReturned, ReaderId};
use es_core::prelude::*;

/// A book as the catalogue shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "catalogue")]
#[non_exhaustive]
pub struct Entry {
    /// Which book.
    #[read_model(id)]
    pub book: BookId,
    /// What is on its cover.
    pub title: String,
    /// Who has it.
    pub reader: Option<ReaderId>,
}

/// Keeps the [entries](Entry) up to date.
#[derive(Debug)]
pub struct Catalogue;

#[projection(name = "catalogue", read_models(Entry))]
impl Catalogue {
    #[handles(BookBought)]
    async fn bought(
        &self,
        event: &BookBought,
        cx: &mut ReadModels<'_>,
    ) -> Result<(), ProjectionError> {
        let book = BookId::from_uuid(cx.stream_id());
        cx.rows().save(Entry { book, title: event.title.clone(), reader: None }).await
    }

    #[handles(BookLent)]
    async fn lent(&self, event: &BookLent, cx: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        set_reader(cx, Some(event.reader)).await
    }

    #[handles(BookReturned)]
    async fn returned(
        &self,
        _: &BookReturned,
        cx: &mut ReadModels<'_>,
    ) -> Result<(), ProjectionError> {
        set_reader(cx, None).await
    }
}

async fn set_reader(
    cx: &mut ReadModels<'_>,
    reader: Option<ReaderId>,
) -> Result<(), ProjectionError> {
    let book = BookId::from_uuid(cx.stream_id());
    cx.rows::<Entry>().update(&book, |entry| entry.reader = reader).await.map(|_found| ())
}

/// How often each reader has borrowed.
#[derive(Debug, Default)]
pub struct Loans(std::collections::HashMap<ReaderId, usize>);

#[projection]
impl Loans {
    #[handles(BookLent)]
    fn lent(&mut self, event: &BookLent) {
        *self.0.entry(event.reader).or_default() += 1;
    }
}

impl Loans {
    /// Of one reader.
    pub fn of(&self, reader: ReaderId) -> usize {
        self.0.get(&reader).copied().unwrap_or_default()
    }
}
