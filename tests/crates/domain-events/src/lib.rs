//! What happens in a library. es-core is called `es` here, and passed on under that name.

pub use es;

use es::prelude::*;

/// Identifies a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AggregateId)]
#[aggregate_id(category = "book", crate = ::es)]
pub struct BookId(Uuid);

/// Identifies a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AggregateId)]
#[aggregate_id(crate = ::es)]
pub struct ReaderId(Uuid);

/// A book was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "book-bought", crate = ::es)]
pub struct BookBought {
    /// What is on its cover.
    pub title: String,
}

/// A book was lent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "book-lent", crate = es)]
pub struct BookLent {
    /// To whom.
    pub reader: ReaderId,
}

/// A book came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "book-returned", crate = crate::es)]
pub struct BookReturned;
