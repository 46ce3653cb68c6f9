//! Up to which position the log can be read without ever missing an event.
//!
//! A writer draws its positions before it commits, so 104 can be visible while 103 is still on its way. A reader that
//! went on to 104 would never see 103. Hence *settled*: the position at or before which every event is visible to any
//! statement that begins from now on, or will never exist. A hole below it was rolled back.
//!
//! # Why it is right
//!
//! An INSERT takes `ROW EXCLUSIVE` on `es.events` when it is parsed or its plan is fetched, which is before it draws
//! a position, and its transaction gives the lock up only after its rows have become visible, or after it has failed.
//! The sequence hands out rising numbers (it keeps `CACHE 1`). So, when one statement has seen `last` as the greatest
//! position, and a *later* statement asks who holds that lock:
//! - the writer of every position that is missing below `last` is among the holders, or has ended before the question;
//! - whoever takes the lock after the question draws positions above `last`.
//!
//! When those holders have gone, nothing at or below `last` can appear any more. New holders do not matter: the set
//! is fixed when it is taken, so a stream of new writers cannot starve the readers. Were holders asked first, a writer
//! could take the lock, draw, and be overtaken before `last` is seen. The events themselves are read by a statement
//! later still, which is the caller's part: a writer who ended just before the question is visible only to later ones.
//!
//! Each statement runs by itself, outside any transaction, so that it has a snapshot of its own whatever
//! `default_transaction_isolation` says. Both run on one connection, so that they ask the same server.
//!
//! # What is relied on in the lock table
//!
//! `ROW EXCLUSIVE` is a weak lock: it is mostly kept in its backend's private slots and moved to the shared table only
//! when a stronger lock is wanted or the transaction is prepared. `pg_locks` reads the private slots first and the
//! shared table after them, under all its partition locks at once; the move is only ever in that direction, so a lock
//! can be listed twice but never be overlooked. A request that waits holds nothing and has drawn nothing. Rolling
//! back to a savepoint gives up the locks taken since, and the positions drawn under them are dead as well.
//!
//! Holders are told apart by their virtual transaction id. A prepared transaction has no process, but keeps its lock
//! and its virtual id until the server restarts; from then on it goes by `-1/<transaction id>` (older minor releases
//! give it that name when it is prepared). So when a holder is gone and such a name is there, it may be the same one,
//! and is waited for too. A name changes at most once, so this cannot go on for ever. An ordinary transaction
//! does not survive a restart, and a new one that happens to get its name only makes the wait longer.
//!
//! A hot standby has the rows but not the locks of its primary: there nothing beyond the first hole is ever settled.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use es_core::{Position, StoreError};
use sqlx::PgConnection;
use tokio::sync::{Mutex, MutexGuard};

use crate::error::store_error;
use crate::hole::Known;
use crate::store::PgStore;

/// Knows the settled position of one log. One per process and store: clones of the store share it.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// How many looks have begun.
    begun: AtomicU64,
    /// What the last look that ended well has found.
    known: AtomicI64,
    state: Mutex<State>,
}

impl Settled {
    /// Brings the settled position as far as it can be brought without waiting for anybody, and returns it.
    ///
    /// Costs one statement when the log has no hole, two or three when it has. Callers that come while a look is under
    /// way share the next one. Call it without a connection of the pool in hand. Dropping the future is safe.
    pub(crate) async fn advance(&self, store: &PgStore) -> Result<Position, StoreError> {
        let mut turn = self.turn().await;
        if let Some(number) = turn.look {
            turn.look(store).await?;
            turn.state.finished = number;
            self.known.store(turn.state.settled, Ordering::SeqCst);
        }
        Ok(Position::new(turn.state.settled.cast_unsigned()))
    }

    /// A position that was found to be settled, and so is for ever; the log may be settled further by now. Waits for
    /// nobody.
    pub(crate) fn known(&self) -> Position {
        Position::new(self.known.load(Ordering::SeqCst).cast_unsigned())
    }

    /// The hole that the last look has met, if it has not been passed.
    pub(crate) async fn hole(&self) -> Option<Known> {
        let state = self.state.lock().await;
        let Barrier { last, since, holders } = state.barrier.as_ref()?;
        let holders = holders.iter().cloned().collect();
        Some(Known { settled: state.settled, last: *last, since: *since, holders })
    }

    /// Waits for the look under way, if there is one. A look that began after this call answers it; else it is to look.
    async fn turn(&self) -> Turn<'_> {
        let asked = self.begun.load(Ordering::SeqCst);
        let state = self.state.lock().await;
        let answered = state.finished > asked;
        let look = (!answered).then(|| self.begun.fetch_add(1, Ordering::SeqCst) + 1);
        Turn { state, look }
    }
}

/// A caller whose turn has come.
struct Turn<'a> {
    state: MutexGuard<'a, State>,
    /// The number of the look that it has to take; `None` when it has its answer already.
    look: Option<u64>,
}

impl Turn<'_> {
    /// A look that breaks off leaves what it has learnt, so it is simply taken again on another connection.
    async fn look(&mut self, store: &PgStore) -> Result<(), StoreError> {
        let mut again = store.again();
        loop {
            let mut connection = store.pool().acquire().await.map_err(|e| store_error(&e))?;
            match self.state.look(&mut connection).await {
                Ok(()) => return Ok(()),
                Err(error) if again.allows(&error) => {}
                Err(error) => return Err(store_error(&error)),
            }
        }
    }
}

/// What is known. Each step leaves it true, so a look may be broken off anywhere.
#[derive(Debug, Default)]
struct State {
    /// Never below 0, and never lowered.
    settled: i64,
    barrier: Option<Barrier>,
    /// The number of the last look that ended well.
    finished: u64,
}

/// When all `holders` have gone, everything up to `last` is settled.
#[derive(Debug)]
struct Barrier {
    last: i64,
    /// When it was set up.
    since: Instant,
    holders: BTreeSet<String>,
}

impl State {
    async fn look(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let last = self.extend(connection).await?;
        if self.settled >= last {
            return Ok(());
        }
        let (replica, holders) = holders(connection).await?;
        if replica {
            tracing::debug!(settled = self.settled, last, "a standby cannot look past a hole");
        } else if self.pass(last, holders) && self.settled < last {
            // Behind the holes that have just been passed the log may be whole for a while.
            self.extend(connection).await?;
        }
        Ok(())
    }

    /// Goes on to just before the first hole. Gives the last position of the log.
    async fn extend(&mut self, connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
        let (whole, last): (i64, i64) = sqlx::query_as(include_str!("sql/settled_extent.sql"))
            .bind(self.settled)
            .fetch_one(connection)
            .await?;
        self.reach(whole);
        Ok(last)
    }

    /// Everything up to `position` is settled.
    fn reach(&mut self, position: i64) {
        self.settled = self.settled.max(position);
        if self.barrier.as_ref().is_some_and(|barrier| barrier.last <= self.settled) {
            self.barrier = None;
        }
    }

    /// A hole is seen below `last`, and, later, `holders` hold the lock. Gives whether a barrier has been passed.
    fn pass(&mut self, last: i64, holders: BTreeSet<String>) -> bool {
        let mut passed = false;
        if let Some(barrier) = &mut self.barrier {
            if barrier.stands(&holders) {
                tracing::debug!(settled = self.settled, ?barrier, "waiting for writers");
                return false;
            }
            let reached = barrier.last;
            self.reach(reached);
            passed = true;
        }
        if holders.is_empty() {
            self.reach(last);
        } else if self.settled < last {
            self.barrier = Some(Barrier { last, since: Instant::now(), holders });
        }
        passed
    }
}

impl Barrier {
    /// Whether there still is somebody to wait for, now that `present` hold the lock.
    fn stands(&mut self, present: &BTreeSet<String>) -> bool {
        let gone = |holder: &String| !present.contains(holder);
        let may_be_renamed = self.holders.iter().any(|holder| gone(holder) && !nameless(holder));
        self.holders.retain(|holder| present.contains(holder));
        if may_be_renamed {
            self.holders.extend(present.iter().filter(|holder| nameless(holder)).cloned());
        }
        !self.holders.is_empty()
    }
}

/// Whether this is a prepared transaction that has lost the name it ran under. It will not change its name again.
fn nameless(holder: &str) -> bool {
    holder.starts_with("-1/")
}

/// Whether the server is a standby, and the virtual transactions that hold the writers' lock.
async fn holders(connection: &mut PgConnection) -> Result<(bool, BTreeSet<String>), sqlx::Error> {
    let (replica, holders): (bool, Vec<String>) =
        sqlx::query_as(include_str!("sql/settled_holders.sql")).fetch_one(connection).await?;
    Ok((replica, holders.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt as _;

    use super::*;

    fn set(holders: &[&str]) -> BTreeSet<String> {
        holders.iter().map(ToString::to_string).collect()
    }

    fn waiting_for(holders: &[&str]) -> State {
        let mut state = State { settled: 3, ..State::default() };
        assert!(!state.pass(10, set(holders)));
        assert_eq!(state.settled, 3);
        state
    }

    #[test]
    fn nobody_holds_the_lock_so_the_hole_is_passed_at_once() {
        let mut state = State { settled: 3, ..State::default() };
        state.pass(10, set(&[]));
        assert_eq!(state.settled, 10);
        assert!(state.barrier.is_none());
    }

    #[test]
    fn writers_who_come_later_are_not_waited_for() {
        let mut state = waiting_for(&["3/1", "4/1"]);
        assert!(!state.pass(20, set(&["4/1", "3/2", "5/1"])));
        assert_eq!(state.settled, 3);
        assert!(state.pass(30, set(&["4/2", "3/2", "5/1"])));
        assert_eq!(state.settled, 10);
        assert!(state.pass(40, set(&["6/1"])));
        assert_eq!(state.settled, 30, "the look that passed one barrier has set the next");
    }

    #[test]
    fn a_hole_that_fills_takes_its_barrier_along() {
        let mut state = waiting_for(&["3/1"]);
        state.reach(10);
        assert!(state.barrier.is_none());
        assert!(!state.pass(20, set(&["3/1"])), "the same transaction may have drawn more");
        assert_eq!(state.settled, 10);
        state.pass(30, set(&[]));
        assert_eq!(state.settled, 30);
    }

    #[test]
    fn a_prepared_transaction_that_changes_its_name_is_still_waited_for() {
        let mut state = waiting_for(&["3/1", "4/1"]);
        state.pass(20, set(&["-1/725", "4/1"]));
        state.pass(20, set(&["-1/725"]));
        assert_eq!(state.settled, 3);
        state.pass(20, set(&["5/1"]));
        assert_eq!(state.settled, 10);
    }

    #[test]
    fn a_stream_of_prepared_transactions_starves_nobody() {
        let mut state = waiting_for(&["3/1", "4/1"]);
        let mut looks = 0;
        while state.settled < 10 {
            looks += 1;
            assert!(looks < 10, "still at {state:?}");
            let (one, next) = (format!("-1/{looks}"), format!("-1/{}", looks + 1));
            state.pass(20, set(&[&one, &next]));
        }
    }

    #[test]
    fn callers_share_the_look_that_began_after_they_asked() {
        let settled = Settled::default();
        let mut first = settled.turn().now_or_never().expect("nobody is looking yet");
        assert_eq!(first.look, Some(1));
        let (mut second, mut third) = (pin!(settled.turn()), pin!(settled.turn()));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());

        first.state.finished = 1;
        drop(first);
        let mut second = second.now_or_never().expect("its turn has come");
        assert_eq!(second.look, Some(2), "the first look began before it asked");
        second.state.finished = 2;
        drop(second);
        assert_eq!(third.now_or_never().expect("its turn has come").look, None);
        assert_eq!(settled.turn().now_or_never().expect("nobody is looking").look, Some(3));
    }

    #[test]
    fn a_look_that_broke_off_answers_nobody() {
        let settled = Settled::default();
        let first = settled.turn().now_or_never().expect("nobody is looking yet");
        let mut second = pin!(settled.turn());
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        assert_eq!(second.now_or_never().expect("its turn has come").look, Some(2));
    }
}
