//! The rows of one statement as a stream that owns its connection.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// How many items are made ahead of the reader, as long as nothing has to be waited for: they are handed over together.
const AHEAD: usize = 32;

/// Gives items from within a future.
struct Giver<T>(Arc<Mutex<VecDeque<T>>>);

impl<T> Giver<T> {
    /// Comes back when there is room for another item.
    async fn give(&self, item: T) {
        let given = {
            let mut items = self.items();
            items.push_back(item);
            items.len()
        };
        if given >= AHEAD {
            poll_fn(|_| if self.items().is_empty() { Poll::Ready(()) } else { Poll::Pending })
                .await;
        }
    }

    fn items(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The items that a future gives, and the error that it ends with.
fn generate<'a, T: Send + 'a, E: Send + 'a, F: Future<Output = Result<(), E>> + Send + 'a>(
    body: impl FnOnce(Giver<T>) -> F,
) -> impl Stream<Item = Result<T, E>> + Send + 'a {
    let giver = Giver(Arc::default());
    let taker = Giver(giver.0.clone());
    let mut running: Option<Pin<Box<F>>> = Some(Box::pin(body(giver)));
    let (mut items, mut error) = (VecDeque::new(), None);
    stream::poll_fn(move |cx| {
        loop {
            if let Some(item) = items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            let Some(future) = &mut running else {
                return Poll::Ready(error.take().map(Err));
            };
            let polled = future.as_mut().poll(cx);
            std::mem::swap(&mut items, &mut *taker.items());
            match polled {
                Poll::Pending if items.is_empty() => return Poll::Pending,
                Poll::Pending => {}
                Poll::Ready(ended) => {
                    // What it held is free at once, and not when the stream is dropped.
                    running = None;
                    error = ended.err();
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn items_come_in_order_and_the_error_last() {
        let numbers = generate(|giver| async move {
            for number in 1..=100 {
                giver.give(number).await;
            }
            Err("enough")
        });
        let all: Vec<_> = numbers.collect().now_or_never().expect("nothing to wait for");
        let wanted: Vec<_> = (1..=100).map(Ok).chain([Err("enough")]).collect();
        assert_eq!(all, wanted);
    }

    #[test]
    fn items_are_made_a_little_ahead_and_come_before_what_is_waited_for() {
        let made = Arc::new(AtomicUsize::new(0));
        let mut endless = Box::pin(generate({
            let made = made.clone();
            move |giver| async move {
                loop {
                    giver.give(()).await;
                    made.fetch_add(1, Ordering::Relaxed);
                }
                #[expect(unreachable_code, reason = "says what the error is")]
                Ok::<_, ()>(())
            }
        }));
        for read in 1..=3 * AHEAD {
            assert_eq!(endless.next().now_or_never(), Some(Some(Ok(()))));
            assert!((read - 1..read + AHEAD).contains(&made.load(Ordering::Relaxed)), "{read}");
        }
        let mut waiting = Box::pin(generate(|giver| async move {
            giver.give(1).await;
            std::future::pending::<Result<(), ()>>().await
        }));
        assert_eq!(waiting.next().now_or_never(), Some(Some(Ok(1))));
        assert_eq!(waiting.next().now_or_never(), None);
    }

    #[test]
    fn what_a_finished_body_held_is_free_before_the_stream_is_dropped() {
        let held = Arc::new(());
        let mut items = Box::pin(generate({
            let held = held.clone();
            move |giver| async move {
                giver.give(1).await;
                let mut turns = 0;
                let twice = poll_fn(|_| {
                    turns += 1;
                    if turns > 1 { Poll::Ready(()) } else { Poll::Pending }
                });
                twice.await;
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
