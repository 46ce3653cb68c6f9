//! Who waits and who is at work. No waiting in here: each step is taken under one short lock.

use std::collections::{BTreeMap, HashSet};

use futures_util::future::{Shared, WeakShared};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
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
}

/// Items that go together. Their keys are busy and a lane is taken from here on.
pub(super) struct Batch<W: Work> {
    pub(super) lane: u64,
    pub(super) keys: Vec<Uuid>,
    pub(super) work: W,
    pub(super) items: Vec<W::Item>,
    pub(super) answers: Vec<oneshot::Sender<W::Answer>>,
}

pub(super) enum Entered<W: Work> {
    AtWork(Batch<W>),
    Waits(u64),
}

pub(super) struct State<W: Work> {
    /// Lanes in use.
    running: usize,
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
            running: 0,
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
        let nobody_waits = self.waiting.is_empty() && self.running < bounds.lanes;
        let free = nobody_waits && !entering.keys.iter().any(|key| self.busy.contains(key));
        self.waiting.insert(ticket, entering);
        match if free { self.take(bounds) } else { None } {
            Some((batch, _)) => Entered::AtWork(batch),
            None => Entered::Waits(ticket),
        }
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
        if self.running >= bounds.lanes {
            return None;
        }
        let tickets = self.choose(bounds);
        let mut chosen = tickets.into_iter().filter_map(|ticket| self.waiting.remove(&ticket));
        let first = chosen.next()?;
        let Waiting { work, runtime, .. } = first;
        let (mut keys, mut items, mut answers) = (first.keys, vec![first.item], vec![first.answer]);
        for waiting in chosen {
            keys.extend(waiting.keys);
            items.push(waiting.item);
            answers.push(waiting.answer);
        }
        self.busy.extend(&keys);
        self.running += 1;
        let lane = self.next;
        self.next += 1;
        Some((Batch { lane, keys, work, items, answers }, runtime))
    }

    /// In the order in which they came. Who is held up by what is at work holds up those behind him that share a key
    /// with him, so nobody is passed by for ever.
    fn choose(&self, bounds: Bounds) -> Vec<u64> {
        let (mut chosen, mut size) = (Vec::new(), 0);
        let mut seen: HashSet<Uuid> = HashSet::new();
        for (ticket, waiting) in &self.waiting {
            let taken = |key: &Uuid| self.busy.contains(key) || seen.contains(key);
            let held_up = waiting.keys.iter().any(taken);
            seen.extend(&waiting.keys);
            if held_up {
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
        chosen
    }

    pub(super) fn leave(&mut self, ticket: u64) -> Option<Waiting<W>> {
        self.waiting.remove(&ticket)
    }

    pub(super) fn ended(&mut self, lane: u64, keys: &[Uuid]) {
        self.running -= 1;
        self.undriven.remove(&lane);
        for key in keys {
            self.busy.remove(key);
        }
    }

    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        self.running == 0 && self.busy.is_empty() && self.waiting.is_empty() && !self.dispatching
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }
}
