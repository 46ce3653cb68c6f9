//! What may happen to a book. There is no `::es_core` in this crate: it comes through the crate of the events.

use domain_events::es::prelude::*;
use domain_events::{BookBought, BookId, BookLent, BookReturned, ReaderId};
use thiserror::Error;

/// A book of the library.
#[derive(Debug)]
pub struct Book {
    reader: Option<ReaderId>,
}

/// Why a book cannot be lent or returned.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BookError {
    /// Someone has it.
    #[error("the book is lent to {0}")]
    Lent(ReaderId),
    /// Nobody has it.
    #[error("the book is in the library")]
    NotLent,
}

#[aggregate(name = "book", id = BookId, crate = domain_events::es)]
impl Book {
    #[handles(BookBought)]
    fn bought(_: &BookBought) -> Self {
        Self { reader: None }
    }

    #[handles(BookLent)]
    fn lent(&mut self, event: &BookLent) {
        self.reader = Some(event.reader);
    }

    #[handles(BookReturned)]
    fn returned(&mut self, _: &BookReturned, _: &EventContext<'_>) {
        self.reader = None;
    }

    /// Lends it.
    ///
    /// # Errors
    /// [`BookError::Lent`].
    pub fn lend(&self, reader: ReaderId) -> Result<BookLent, BookError> {
        match self.reader {
            Some(other) => Err(BookError::Lent(other)),
            None => Ok(BookLent { reader }),
        }
    }

    /// Takes it back.
    ///
    /// # Errors
    /// [`BookError::NotLent`].
    pub fn take_back(&self) -> Result<BookReturned, BookError> {
        self.reader.map(|_| BookReturned).ok_or(BookError::NotLent)
    }
}
