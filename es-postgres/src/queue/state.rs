//! Who waits and who is at work. No waiting in here: each step is taken under one short lock.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use futures_util::future::{Shared, WeakShared};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Bounds, BoxedRun, Work};

/// An item with all that it takes to do it.
pub(super) struct Waiting<W: Work> {
    pub(super) work: W,
    pub(super) item: W::Item,
    pub(super) keys: Vec<Uuid>,
    pub(super) size: usize,
    pub(super) answer: oneshot::Sender<W::Answer>,
    pub(super) runtime: Handle,
    /// It was held up among others, and is to go by itself.
    pub(super) alone: bool,
}

/// Items that go together. Their keys are busy and a lane is taken from here on.
pub(super) struct Batch<W: Work> {
    pub(super) lane: u64,
    pub(super) work: W,
    pub(super) items: Vec<W::Item>,
    /// One for each.
    pub(super) owners: Vec<Owner<W>>,
}

/// Everything about an item at work but the item itself.
pub(super) struct Owner<W: Work> {
    ticket: u64,
    work: W,
    pub(super) keys: Vec<Uuid>,
    size: usize,
    pub(super) answer: oneshot::Sender<W::Answer>,
    runtime: Handle,
}

impl<W: Work> Owner<W> {
    /// The item with its old place, to go alone.
    pub(super) fn again(self, item: W::Item) -> (u64, Waiting<W>) {
        let Self { ticket, work, keys, size, answer, runtime } = self;
        (ticket, Waiting { work, item, keys, size, answer, runtime, alone: true })
    }
}

/// A batch at work.
#[derive(Debug)]
struct AtWork {
    since: Instant,
    /// It has given its lane back.
    slow: bool,
    /// Its only item was held up before.
    alone: bool,
}

pub(super) enum Entered<W: Work> {
    AtWork(Batch<W>),
    Waits(u64),
}

pub(super) struct State<W: Work> {
    /// By the number of the lane.
    running: HashMap<u64, AtWork>,
    /// The keys of what is at work.
    busy: HashSet<Uuid>,
    /// By ticket, and so in the order in which they came.
    waiting: BTreeMap<u64, Waiting<W>>,
    /// The next ticket, and the next number of a batch.
    next: u64,
    /// Batches that only their callers drive.
    undriven: BTreeMap<u64, WeakShared<BoxedRun>>,
    /// Somebody is starting batches.
    dispatching: bool,
}

impl<W: Work> Default for State<W> {
    fn default() -> Self {
        Self {
            running: HashMap::new(),
            busy: HashSet::new(),
            waiting: BTreeMap::new(),
            next: 0,
            undriven: BTreeMap::new(),
            dispatching: false,
        }
    }
}

impl<W: Work> State<W> {
    /// Goes to work at once when a lane is free and nobody waits: whoever waits came first.
    pub(super) fn enter(&mut self, entering: Waiting<W>, bounds: Bounds) -> Entered<W> {
        let ticket = self.next;
        self.next += 1;
        let nobody_waits = self.waiting.is_empty() && self.lanes() < bounds.lanes;
        let free = nobody_waits && !self.is_busy(&entering.keys);
        self.waiting.insert(ticket, entering);
        match if free { self.take(bounds) } else { None } {
            Some((batch, _)) => Entered::AtWork(batch),
            None => Entered::Waits(ticket),
        }
    }

    /// Whether some of it is at work.
    pub(super) fn is_busy(&self, keys: &[Uuid]) -> bool {
        keys.iter().any(|key| self.busy.contains(key))
    }

    /// Lanes in use.
    fn lanes(&self) -> usize {
        self.running.values().filter(|batch| !batch.slow).count()
    }

    /// Takes their lanes from batches that have been at work for longer; true when there were any.
    pub(super) fn give_lanes_back(&mut self, long: Duration, bounds: Bounds) -> bool {
        let slow = self.running.values().filter(|batch| batch.slow).count();
        let late = self.running.values_mut().filter(|b| !b.slow && b.since.elapsed() >= long);
        let mut any = false;
        for batch in late.take(bounds.slow.saturating_sub(slow)) {
            (batch.slow, any) = (true, true);
        }
        any
    }

    pub(super) fn runs_by_caller(&mut self, lane: u64, run: WeakShared<BoxedRun>) {
        self.undriven.insert(lane, run);
    }

    /// Batches that must not depend on their callers any more.
    pub(super) fn take_undriven(&mut self) -> Vec<Shared<BoxedRun>> {
        std::mem::take(&mut self.undriven).into_values().filter_map(|run| run.upgrade()).collect()
    }

    /// False when somebody is at it already.
    pub(super) fn begin_dispatch(&mut self) -> bool {
        !std::mem::replace(&mut self.dispatching, true)
    }

    /// The next batch to start; `None` ends what [`begin_dispatch`](Self::begin_dispatch) began.
    pub(super) fn next(&mut self, bounds: Bounds) -> Option<(Batch<W>, Handle)> {
        let next = self.take(bounds);
        self.dispatching = next.is_some();
        next
    }

    /// Takes the items that can go together now, if there is a lane for them.
    fn take(&mut self, bounds: Bounds) -> Option<(Batch<W>, Handle)> {
        if self.lanes() >= bounds.lanes {
            return None;
        }
        let (tickets, alone) = self.choose(bounds);
        let (mut items, mut owners) = (Vec::new(), Vec::new());
        for ticket in tickets {
            let Some(waiting) = self.waiting.remove(&ticket) else { continue };
            let Waiting { work, item, keys, size, answer, runtime, .. } = waiting;
            self.busy.extend(&keys);
            items.push(item);
            owners.push(Owner { ticket, work, keys, size, answer, runtime });
        }
        let Owner { work, runtime, .. } = owners.first()?;
        let (work, runtime) = (work.clone(), runtime.clone());
        let lane = self.next;
        self.next += 1;
        self.running.insert(lane, AtWork { since: Instant::now(), slow: false, alone });
        Some((Batch { lane, work, items, owners }, runtime))
    }

    /// In the order in which they came. Who is held up by what is at work holds up those behind him that share a key
    /// with him, so nobody is passed by for ever. One that is to go alone does; of those one lane is kept free.
    fn choose(&self, bounds: Bounds) -> (Vec<u64>, bool) {
        let (mut chosen, mut size) = (Vec::new(), 0);
        let mut seen: HashSet<Uuid> = HashSet::new();
        let alone = self.running.values().filter(|batch| batch.alone && !batch.slow).count();
        let may_go_alone = alone < (bounds.lanes - 1).max(1);
        for (ticket, waiting) in &self.waiting {
            let taken = |key: &Uuid| self.busy.contains(key) || seen.contains(key);
            let held_up = waiting.keys.iter().any(taken);
            seen.extend(&waiting.keys);
            if held_up {
                continue;
            }
            if waiting.alone {
                if chosen.is_empty() && may_go_alone {
                    return (vec![*ticket], true);
                }
                continue;
            }
            size += waiting.size;
            if !chosen.is_empty() && size > bounds.size {
                break;
            }
            chosen.push(*ticket);
            if chosen.len() >= bounds.items {
                break;
            }
        }
        (chosen, false)
    }

    pub(super) fn leave(&mut self, ticket: u64) -> Option<Waiting<W>> {
        self.waiting.remove(&ticket)
    }

    /// What is left goes back to its old place.
    pub(super) fn ended(&mut self, lane: u64, keys: &[Uuid], left: Vec<(u64, Waiting<W>)>) {
        self.running.remove(&lane);
        self.undriven.remove(&lane);
        for key in keys {
            self.busy.remove(key);
        }
        self.waiting.extend(left);
    }

    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        self.running.is_empty()
            && self.busy.is_empty()
            && self.waiting.is_empty()
            && !self.dispatching
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }
}
