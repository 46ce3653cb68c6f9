//! Events in one crate, aggregates in a second, projections in a third, each with es-core in its own way.

use domain_aggregates::{Book, BookError};
use domain_events::{BookBought, BookId, BookReturned, ReaderId};
use domain_projections::{Catalogue, Entry, Loans};
use es_core::prelude::*;

/// Two loans of one book, the second of which goes on.
async fn play(store: &MemoryStore) -> (BookId, [ReaderId; 2]) {
    let books = Repository::<Book, _>::new(store.clone());
    let (book, readers) =
        (BookId::from_name("0-8218-3633-0"), [(); 2].map(|()| ReaderId::generate()));
    let bought = BookBought { title: "Winning Ways".into() };
    books.create(book, bought).await.expect("a new book");
    books.execute(book, |book| book.lend(readers[0])).await.expect("it is there");
    let refused = books.execute(book, |book| book.lend(readers[1])).await.expect_err("it is lent");
    assert_eq!(refused.domain(), Some(BookError::Lent(readers[0])));
    books.execute(book, Book::take_back).await.expect("it is lent");
    books.execute(book, |book| book.lend(readers[1])).await.expect("it is there again");
    (book, readers)
}

#[tokio::test]
async fn commands_reach_the_projections() {
    let store = MemoryStore::new();
    let (book, readers) = play(&store).await;

    store.ensure_read_model::<Entry>().await.expect("a table");
    let progress = Projector::new(store.clone(), Catalogue).catch_up().await.expect("projects");
    assert_eq!(progress.events, 4);
    let entry = store.row::<Entry>(&book).await.expect("reads").expect("a row");
    assert_eq!((entry.book, entry.title.as_str()), (book, "Winning Ways"));
    assert_eq!(entry.reader, Some(readers[1]));

    let mut loans = Projector::in_memory(store, Loans::default());
    loans.catch_up().await.expect("projects");
    assert_eq!(readers.map(|reader| loans.projection().of(reader)), [1, 1]);
}

/// The next release, in which loans end: an event has changed, its stored records have not.
mod next_release {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
    #[event(name = "book-lent", version = 2)]
    #[upcast(from = 1, via = domain_events::BookLent)]
    pub(super) struct BookLent {
        pub(super) reader: ReaderId,
        pub(super) days: u16,
    }

    impl From<domain_events::BookLent> for BookLent {
        fn from(old: domain_events::BookLent) -> Self {
            Self { reader: old.reader, days: 28 }
        }
    }

    pub(super) struct Book {
        pub(super) loan: Option<(ReaderId, u16)>,
    }

    #[aggregate(name = "book", id = BookId)]
    impl Book {
        #[handles(BookBought)]
        fn bought(_: &BookBought) -> Self {
            Self { loan: None }
        }

        #[handles(BookLent)]
        fn lent(&mut self, event: &BookLent) {
            self.loan = Some((event.reader, event.days));
        }

        #[handles(BookReturned)]
        fn returned(&mut self, _: &BookReturned) {
            self.loan = None;
        }
    }
}

#[tokio::test]
async fn the_next_release_reads_what_this_one_wrote() {
    let store = MemoryStore::new();
    let (id, readers) = play(&store).await;
    let books = Repository::<next_release::Book, _>::new(store);
    assert_eq!(books.load(id).await.expect("loads").state().loan, Some((readers[1], 28)));
    let again = || next_release::BookLent { reader: readers[0], days: 7 };
    let returned_and_lent = |_: &_| Ok::<_, BookError>((BookReturned, again()));
    books.execute(id, returned_and_lent).await.expect("lent again");
    assert_eq!(books.load(id).await.expect("loads").state().loan, Some((readers[0], 7)));
}
