//! Dropping a future half-way.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// Drops `future` when it has had to wait `waits` times. Gives whether it was dropped.
pub async fn drop_after<F: Future>(waits: usize, future: F) -> bool {
    let (mut future, mut waited) = (pin!(future), 0);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(false),
        Poll::Pending if waited == waits => Poll::Ready(true),
        Poll::Pending => {
            waited += 1;
            Poll::Pending
        }
    })
    .await
}
