#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::collections::HashSet;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::{JoinHandle, yield_now};

use super::*;

/// Does items when it is allowed to, and notes what it did.
#[derive(Clone)]
struct Desk(Arc<Notes>);

struct Notes {
    /// Each permit lets one batch pass.
    gate: Semaphore,
    batches: Mutex<Vec<Vec<u32>>>,
    at_work: Mutex<HashSet<Uuid>>,
    in_callers: AtomicUsize,
}

/// An item that makes its worker panic.
const BAD: u32 = u32::MAX;

/// An item that is done only when it is alone.
const SHY: u32 = 1_000_000;

/// A number, and the keys that it touches.
type Item = (u32, Vec<u128>);

impl Work for Desk {
    type Item = Item;
    type Answer = u32;

    fn keys((_, keys): &Item) -> Vec<Uuid> {
        keys.iter().map(|key| Uuid::from_u128(*key)).collect()
    }

    fn size(_: &Item) -> usize {
        1
    }

    async fn run(self, items: Vec<Item>) -> Vec<Done<Item, u32>> {
        let keys: Vec<_> = items.iter().flat_map(Self::keys).collect();
        for key in &keys {
            assert!(self.0.at_work.lock().unwrap().insert(*key), "two at work on one thing");
        }
        let _leaves = Leaves(&self, keys);
        self.0.batches.lock().unwrap().push(items.iter().map(|item| item.0).collect());
        self.0.in_callers.fetch_add(usize::from(tokio::task::try_id().is_none()), Ordering::SeqCst);
        assert!(items.iter().all(|item| item.0 != BAD), "a bad item");
        self.0.gate.acquire().await.unwrap().forget();
        let several = items.len() > 1;
        let done = |item: Item| match item.0 {
            SHY if several => Done::Alone(item),
            number => Done::Answered(number.wrapping_mul(10)),
        };
        items.into_iter().map(done).collect()
    }
}

/// Also when it is broken off.
struct Leaves<'a>(&'a Desk, Vec<Uuid>);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.0.at_work.lock().unwrap().retain(|key| !self.1.contains(key));
    }
}

impl Desk {
    fn batches(&self) -> Vec<Vec<u32>> {
        self.0.batches.lock().unwrap().clone()
    }

    fn let_pass(&self, batches: usize) {
        self.0.gate.add_permits(batches);
    }
}

fn desk(lanes: usize, items: usize) -> (Arc<Queue<Desk>>, Desk) {
    let notes = Notes {
        gate: Semaphore::new(0),
        batches: Mutex::default(),
        at_work: Mutex::default(),
        in_callers: AtomicUsize::new(0),
    };
    (Arc::new(Queue::new(bounds(lanes, items))), Desk(Arc::new(notes)))
}

fn bounds(lanes: usize, items: usize) -> Bounds {
    Bounds { lanes, room: 100, items, size: 50, slow: 0, patience: Duration::from_hours(1) }
}

type Submitted = JoinHandle<Result<u32, Unanswered>>;

/// Submits in a task, and comes back when the item is at work or waits.
async fn submit(queue: &Arc<Queue<Desk>>, desk: &Desk, item: Item) -> Submitted {
    let (queue, desk) = (queue.clone(), desk.clone());
    let submitted = tokio::spawn(async move { queue.submit(desk, item).await });
    settle().await;
    submitted
}

async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

/// On the one thread of these tests: everybody does what he can do.
async fn settle() {
    for _ in 0..50 {
        yield_now().await;
    }
}

async fn answers(submitted: Vec<Submitted>) -> Vec<Option<u32>> {
    let all = tokio::time::timeout(Duration::from_secs(20), join_all(submitted)).await;
    let all = all.expect("everybody is answered");
    all.into_iter().map(|answer| answer.unwrap().ok()).collect()
}

fn item(number: u32) -> Item {
    (number, vec![u128::from(number)])
}

fn assert_idle(queue: &Queue<Desk>) {
    assert!(queue.inner.state().is_idle());
    assert_eq!(queue.inner.room.available_permits(), 100);
}

#[tokio::test]
async fn a_single_caller_waits_for_nobody_and_changes_no_task() {
    let (queue, desk) = desk(2, 10);
    desk.let_pass(1);
    // The future of the test itself is no task.
    let mut one = pin!(queue.submit(desk.clone(), item(1)));
    assert!(matches!(poll_once(one.as_mut()).await, Poll::Ready(Ok(10))));
    assert_eq!(desk.0.in_callers.load(Ordering::SeqCst), 1);
    assert_idle(&queue);
}

#[tokio::test]
async fn what_waits_goes_together_in_order() {
    let (queue, desk) = desk(1, 3);
    let mut all = Vec::new();
    for number in 1..=6 {
        all.push(submit(&queue, &desk, item(number)).await);
    }
    desk.let_pass(10);
    assert_eq!(answers(all).await, [10, 20, 30, 40, 50, 60].map(Some));
    assert_eq!(desk.batches(), [vec![1], vec![2, 3, 4], vec![5, 6]]);
    assert_idle(&queue);
}

#[tokio::test]
async fn there_are_as_many_batches_at_work_as_lanes() {
    let (queue, desk) = desk(2, 10);
    let mut all = Vec::new();
    for number in 1..=5 {
        all.push(submit(&queue, &desk, item(number)).await);
    }
    assert_eq!(desk.batches(), [vec![1], vec![2]]);
    desk.let_pass(1);
    settle().await;
    assert_eq!(desk.batches(), [vec![1], vec![2], vec![3, 4, 5]]);
    desk.let_pass(2);
    answers(all).await;
    assert_idle(&queue);
}

#[tokio::test]
async fn one_thing_is_worked_on_once_at_a_time_and_in_order() {
    let (queue, desk) = desk(2, 10);
    let mut all = Vec::new();
    for (number, keys) in
        [(1, vec![1]), (2, vec![1]), (3, vec![1, 2]), (4, vec![2]), (5, vec![3]), (6, vec![3])]
    {
        all.push(submit(&queue, &desk, (number, keys)).await);
    }
    // 4 is free but would pass 3 by, which waits for what it touches too; 5 passes all of them.
    assert_eq!(desk.batches(), [vec![1], vec![5]]);
    for _ in 0..10 {
        desk.let_pass(1);
        settle().await;
    }
    assert_eq!(answers(all).await, [10, 20, 30, 40, 50, 60].map(Some));
    let order: Vec<_> = desk.batches().concat();
    let place = |number| order.iter().position(|n| *n == number).unwrap();
    assert!(place(2) < place(3) && place(3) < place(4) && place(5) < place(6), "{order:?}");
    assert_idle(&queue);
}

#[tokio::test]
async fn who_is_dropped_while_he_waits_is_taken_out() {
    let (queue, desk) = desk(1, 10);
    let first = submit(&queue, &desk, item(1)).await;
    let (second, third) =
        (submit(&queue, &desk, item(2)).await, submit(&queue, &desk, item(3)).await);
    second.abort();
    settle().await;
    assert_eq!(queue.inner.state().waiting(), 1, "it makes room at once");
    desk.let_pass(2);
    assert_eq!(answers(vec![first, third]).await, [Some(10), Some(30)]);
    assert_eq!(desk.batches(), [vec![1], vec![3]]);
    assert_idle(&queue);
}

#[tokio::test]
async fn who_is_dropped_when_he_was_sent_takes_nobody_along() {
    let (queue, desk) = desk(1, 10);
    let first = submit(&queue, &desk, item(1)).await;
    let (second, third) =
        (submit(&queue, &desk, item(2)).await, submit(&queue, &desk, item(3)).await);
    desk.let_pass(1);
    settle().await;
    assert_eq!(desk.batches(), [vec![1], vec![2, 3]]);
    second.abort();
    settle().await;
    desk.let_pass(1);
    assert_eq!(answers(vec![first, third]).await, [Some(10), Some(30)]);
    assert_idle(&queue);
}

#[tokio::test]
async fn a_caller_who_is_never_polled_again_holds_nobody_up() {
    let (queue, desk) = desk(1, 10);
    let mut idle = pin!(queue.submit(desk.clone(), item(1)));
    assert!(poll_once(idle.as_mut()).await.is_pending());
    // The same thing, and another one.
    let (same, other) =
        (submit(&queue, &desk, (2, vec![1])).await, submit(&queue, &desk, item(3)).await);
    desk.let_pass(2);
    assert_eq!(answers(vec![same, other]).await, [Some(20), Some(30)]);
    assert_eq!(idle.await.unwrap(), 10);
    assert_idle(&queue);
}

#[tokio::test]
async fn a_caller_who_works_himself_and_is_dropped_gives_his_lane_back() {
    let (queue, desk) = desk(1, 10);
    {
        let mut dropped = pin!(queue.submit(desk.clone(), item(1)));
        assert!(poll_once(dropped.as_mut()).await.is_pending());
    }
    desk.let_pass(1);
    let next = submit(&queue, &desk, (2, vec![1])).await;
    assert_eq!(answers(vec![next]).await, [Some(20)]);
    assert_idle(&queue);
}

#[tokio::test]
async fn a_batch_that_panics_is_answered_and_the_queue_goes_on() {
    let (queue, desk) = desk(1, 10);
    let first = submit(&queue, &desk, item(1)).await;
    let bad = submit(&queue, &desk, item(BAD)).await;
    let beside = submit(&queue, &desk, item(3)).await;
    desk.let_pass(2);
    settle().await;
    let last = submit(&queue, &desk, item(4)).await;
    assert_eq!(answers(vec![first, bad, beside, last]).await, [Some(10), None, None, Some(40)]);
    assert_idle(&queue);
}

#[tokio::test]
async fn callers_beyond_the_bounds_wait_for_room() {
    let (queue, desk) = desk(1, 10);
    let mut all = Vec::new();
    for number in 1..=150 {
        all.push(submit(&queue, &desk, item(number)).await);
    }
    assert_eq!(queue.inner.state().waiting(), 99, "100 have room, and one of them is at work");
    desk.let_pass(1000);
    assert_eq!(answers(all).await, (1..=150).map(|number| Some(number * 10)).collect::<Vec<_>>());
    assert_eq!(desk.batches().concat(), (1..=150).collect::<Vec<_>>());
    assert_idle(&queue);
}

/// However callers come and go, nobody is forgotten and every lane comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn dropped_anywhere_nobody_is_forgotten() {
    let (queue, desk) = desk(2, 4);
    desk.let_pass(1_000_000);
    let callers = (0..2_000_u32).map(|number| {
        let (queue, desk) = (queue.clone(), desk.clone());
        tokio::spawn(async move {
            let keys = vec![u128::from(number % 7), 100 + u128::from(number % 3)];
            let mut submitted = pin!(queue.submit(desk, (number, keys)));
            let polls = number % 5;
            for _ in 0..polls {
                if poll_once(submitted.as_mut()).await.is_ready() {
                    return None;
                }
                yield_now().await;
            }
            // Every other one is dropped here.
            if number % 2 == 0 { Some((number, submitted.await.unwrap())) } else { None }
        })
    });
    let all = tokio::time::timeout(Duration::from_secs(30), join_all(callers)).await;
    for (number, answer) in all.expect("nobody hangs").into_iter().filter_map(Result::unwrap) {
        assert_eq!(answer, number * 10);
    }
    let idle = async {
        while !queue.inner.state().is_idle() {
            yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), idle).await.expect("every lane comes back");
    assert_idle(&queue);
}

#[test]
fn a_runtime_that_shuts_down_answers_who_waits_elsewhere() {
    let (queue, desk) = desk(1, 10);
    let make = || tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (one, other) = (make(), make());
    let first = one.block_on(submit(&queue, &desk, item(1)));
    let second = other.block_on(submit(&queue, &desk, item(2)));
    drop((one, first));
    // The first one is broken off, or driven by the other runtime by now.
    desk.let_pass(2);
    assert_eq!(other.block_on(answers(vec![second])), [Some(20)]);
    assert_idle(&queue);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_takes_long_gives_its_lane_back_and_keeps_its_keys() {
    let (_, desk) = desk(1, 10);
    let queue = Arc::new(Queue::new(Bounds { slow: 1, ..bounds(1, 10) }));
    let slow = submit(&queue, &desk, item(1)).await;
    let (same, other) =
        (submit(&queue, &desk, (2, vec![1])).await, submit(&queue, &desk, item(3)).await);
    assert_eq!(desk.batches(), [vec![1]]);
    tokio::time::sleep(LONG * 2).await;
    assert_eq!(desk.batches(), [vec![1], vec![3]], "who shares a key with it waits on");
    // One may be slow, and no more.
    let last = submit(&queue, &desk, item(4)).await;
    tokio::time::sleep(LONG * 2).await;
    assert_eq!(desk.batches().len(), 2);
    desk.let_pass(4);
    assert_eq!(answers(vec![slow, same, other, last]).await, [10, 20, 30, 40].map(Some));
    assert_idle(&queue);
}

#[tokio::test]
async fn what_would_keep_others_waiting_goes_alone_and_they_are_answered() {
    let (queue, desk) = desk(1, 10);
    let first = submit(&queue, &desk, item(1)).await;
    let shy = submit(&queue, &desk, item(SHY)).await;
    let beside = submit(&queue, &desk, item(3)).await;
    let after = submit(&queue, &desk, (4, vec![u128::from(SHY)])).await;
    desk.let_pass(2);
    assert_eq!(answers(vec![first, beside]).await, [10, 30].map(Some));
    settle().await;
    assert_eq!(desk.batches(), [vec![1], vec![SHY, 3], vec![SHY]]);
    desk.let_pass(2);
    assert_eq!(answers(vec![shy, after]).await, [Some(10_000_000), Some(40)]);
    assert_idle(&queue);
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_is_told_that_nothing_was_done() {
    let (_, desk) = desk(1, 10);
    let queue = Arc::new(Queue::new(Bounds { patience: Duration::from_secs(2), ..bounds(1, 10) }));
    let first = submit(&queue, &desk, item(1)).await;
    let second = submit(&queue, &desk, item(2)).await;
    assert_eq!(second.await.unwrap(), Err(Unanswered::NotInTime));
    desk.let_pass(1);
    assert_eq!(answers(vec![first]).await, [Some(10)]);
    assert_eq!(desk.batches(), [vec![1]]);
    assert_idle(&queue);
}
