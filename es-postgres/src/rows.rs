//! The rows of one statement as a stream that owns its connection.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use es_core::StoreError;
use futures_util::stream::{self, Stream, StreamExt as _};
use sqlx::Postgres;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;

use crate::error::store_error;
use crate::store::{By, PgStore};

impl PgStore {
    /// What `decode` makes of the rows that `statement` gives, while the server sends them.
    pub(crate) fn rows<'a, T: Send + 'a>(
        &'a self,
        by: By,
        statement: impl Fn() -> Query<'a, Postgres, PgArguments> + Send + 'a,
        mut decode: impl FnMut(&PgRow) -> Result<T, StoreError> + Send + 'a,
    ) -> impl Stream<Item = Result<T, StoreError>> + Send + 'a {
        generate(move |giver| async move {
            let mut again = self.again(by);
            'connections: loop {
                let mut line = self.lines(by).line().await?;
                let mut rows = statement().fetch(&mut *line);
                let mut given = false;
                while let Some(row) = rows.next().await {
                    match row {
                        Ok(row) => giver.give(decode(&row)?).await,
                        Err(error) if !given && again.allows(&error) => continue 'connections,
                        Err(error) => return Err(store_error(&error)),
                    }
                    given = true;
                }
                drop(rows);
                line.keep();
                return Ok(());
            }
        })
    }
}

/// Gives items from within a future.
struct Giver<T>(Arc<Mutex<Option<T>>>);

impl<T> Giver<T> {
    /// Comes back when the item has been taken.
    async fn give(&self, item: T) {
        self.place(Some(item));
        poll_fn(|_| if self.is_taken() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    fn place(&self, item: Option<T>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = item;
    }

    fn is_taken(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

/// The items that a future gives, and the error that it ends with.
fn generate<'a, T: Send + 'a, E: 'a, F: Future<Output = Result<(), E>> + Send + 'a>(
    body: impl FnOnce(Giver<T>) -> F,
) -> impl Stream<Item = Result<T, E>> + Send + 'a {
    let slot = Arc::new(Mutex::new(None));
    let mut running: Option<Pin<Box<F>>> = Some(Box::pin(body(Giver(slot.clone()))));
    stream::poll_fn(move |cx| {
        let Some(future) = &mut running else { return Poll::Ready(None) };
        let ended = future.as_mut().poll(cx);
        match ended {
            Poll::Pending => match slot.lock().unwrap_or_else(PoisonError::into_inner).take() {
                Some(item) => Poll::Ready(Some(Ok(item))),
                None => Poll::Pending,
            },
            Poll::Ready(ended) => {
                // What it held is free at once, and not when the stream is dropped.
                running = None;
                Poll::Ready(ended.err().map(Err))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn items_come_in_order_and_the_error_last() {
        let numbers = generate(|giver| async move {
            for number in 1..=3 {
                giver.give(number).await;
            }
            Err("enough")
        });
        let all: Vec<_> = numbers.collect().now_or_never().expect("nothing to wait for");
        assert_eq!(all, [Ok(1), Ok(2), Ok(3), Err("enough")]);
    }

    #[test]
    fn what_a_finished_body_held_is_free_before_the_stream_is_dropped() {
        let held = Arc::new(());
        let mut items = Box::pin(generate({
            let held = held.clone();
            move |giver| async move {
                giver.give(1).await;
                drop(held);
                Ok::<_, ()>(())
            }
        }));
        assert_eq!(items.next().now_or_never(), Some(Some(Ok(1))));
        assert_eq!(Arc::strong_count(&held), 2);
        assert_eq!(items.next().now_or_never(), Some(None));
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
