//! Where projections stand, who runs them, and what they could not handle.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::checkpoint::{Checkpoint, Epoch, Part, ProjectionPart};
use crate::dead_letter::{DeadLetter, LetterSelection, LetterState};
use crate::error::StoreError;
use crate::lease::{Lease, LeaseRequest, Leases};
use crate::version::Position;

/// A projection's name and version.
pub(super) type Key = (String, u32);

/// All projections that ever committed or asked for a lease.
#[derive(Default)]
pub(super) struct Progress {
    states: HashMap<Key, State>,
    /// Which version of each projection serves, if that was ever said.
    serving: HashMap<String, u32>,
}

#[derive(Default)]
pub(super) struct State {
    split: u32,
    parts: BTreeMap<u32, PartState>,
    workers: HashMap<Uuid, Instant>,
    letters: BTreeMap<Position, DeadLetter>,
}

#[derive(Default)]
struct PartState {
    checkpoint: Checkpoint,
    epoch: u64,
    owner: Option<Owner>,
    /// The last owner has not given its lease back.
    unclean: bool,
    trying: Option<(Position, u32)>,
}

struct Owner {
    id: Uuid,
    until: Instant,
    duration: Duration,
}

impl Progress {
    pub(super) fn checkpoint(&self, part: &ProjectionPart) -> Result<Checkpoint, StoreError> {
        let Some(state) = self.states.get(&key(part)) else { return Ok(Checkpoint::default()) };
        state.check_split(&part.name, part.part.of())?;
        Ok(state.parts.get(&part.part.number()).map_or_else(Checkpoint::default, |p| p.checkpoint))
    }

    pub(super) fn checkpoints(&self, name: &str, version: u32) -> Vec<(u32, Checkpoint)> {
        let parts = self.states.get(&(name.to_owned(), version)).map(|state| &state.parts);
        parts.into_iter().flatten().map(|(number, part)| (*number, part.checkpoint)).collect()
    }

    /// Whether a batch from there, under that lease, may still commit.
    pub(super) fn check(
        &self,
        part: &ProjectionPart,
        from: Checkpoint,
        epoch: Option<Epoch>,
    ) -> Result<(), StoreError> {
        let state = self.states.get(&key(part));
        let found = state.and_then(|state| state.parts.get(&part.part.number()));
        let (at, held) = found.map_or((Checkpoint::default(), 0), |p| (p.checkpoint, p.epoch));
        let split = state.is_none_or(|state| state.check_split(&part.name, part.part.of()).is_ok());
        let superseded = self.superseded(&part.name, part.version).is_some();
        let held = epoch.is_none_or(|epoch| epoch.get() == held);
        if at == from && split && held && !superseded {
            return Ok(());
        }
        Err(StoreError::CheckpointMoved { projection: part.name.clone() })
    }

    /// What a commit changes, once [`check`](Self::check) has allowed it.
    pub(super) fn commit(&mut self, part: &ProjectionPart, to: Checkpoint) {
        let state = self.state(part);
        let part = state.parts.entry(part.part.number()).or_default();
        part.checkpoint = to;
        part.trying = part.trying.filter(|(position, _)| *position > to.position);
        if let Some(owner) = &mut part.owner {
            owner.until = Instant::now() + owner.duration;
        }
    }

    pub(super) fn letters(&mut self, part: &ProjectionPart) -> &mut BTreeMap<Position, DeadLetter> {
        &mut self.state(part).letters
    }

    pub(super) fn lease(&mut self, request: LeaseRequest<'_>) -> Result<Leases, StoreError> {
        let LeaseRequest { name, version, parts, owner, duration } = request;
        if let Some(by) = self.superseded(name, version) {
            return Err(StoreError::Superseded { projection: name.to_owned(), version, by });
        }
        let state = self.states.entry((name.to_owned(), version)).or_default();
        if state.split != parts && state.parts.values().all(PartState::is_new) {
            state.make(parts, Checkpoint::default());
        }
        state.check_split(name, parts)?;
        let now = Instant::now();
        state.workers.retain(|_, seen_until| *seen_until > now);
        state.workers.insert(owner, now + duration);
        let share = (parts as usize).div_ceil(state.workers.len());
        for number in 0..parts {
            state.parts.entry(number).or_default();
        }
        // Also when it has run out: nobody has taken it over.
        let mine = |part: &PartState| part.owner.as_ref().is_some_and(|o| o.id == owner);
        let mut held = state.parts.values().filter(|part| mine(part)).count();
        let mut leases = Vec::new();
        for (number, part) in &mut state.parts {
            let (own, free) = (mine(part), part.owner.as_ref().is_none_or(|o| o.until <= now));
            if !(own || free && held < share) {
                continue;
            }
            if !own {
                held += 1;
                part.epoch += 1;
                part.unclean |= part.owner.is_some();
            }
            part.owner = Some(Owner { id: owner, until: now + duration, duration });
            let which = Part::new(*number, parts).expect("parts are numbered below their count");
            leases.push(Lease::new(which, Epoch::new(part.epoch), part.unclean));
        }
        Ok(Leases::new(leases, share))
    }

    pub(super) fn release(&mut self, name: &str, version: u32, lease: Lease) {
        let state = self.states.get_mut(&(name.to_owned(), version));
        let split = state.as_ref().map(|state| state.split);
        let part = state.and_then(|state| state.parts.get_mut(&lease.part.number()));
        if let Some(part) =
            part.filter(|part| part.epoch == lease.epoch.get() && split == Some(lease.part.of()))
        {
            (part.owner, part.unclean) = (None, false);
        }
    }

    pub(super) fn leave(&mut self, name: &str, version: u32, owner: Uuid) {
        if let Some(state) = self.states.get_mut(&(name.to_owned(), version)) {
            state.workers.remove(&owner);
        }
    }

    /// Counts an attempt at `position`, or forgets all.
    pub(super) fn note(
        &mut self,
        part: &ProjectionPart,
        epoch: Epoch,
        position: Option<Position>,
    ) -> Result<u32, StoreError> {
        let state = self.states.get_mut(&key(part)).filter(|state| state.split == part.part.of());
        let found = state.and_then(|state| state.parts.get_mut(&part.part.number()));
        let Some(found) = found.filter(|found| found.epoch == epoch.get()) else {
            return Err(StoreError::CheckpointMoved { projection: part.name.clone() });
        };
        found.trying = position.map(|position| match found.trying {
            Some((at, attempts)) if at == position => (position, attempts.saturating_add(1)),
            _ => (position, 1),
        });
        Ok(found.trying.map_or(0, |(_, attempts)| attempts))
    }

    pub(super) fn attempts(&self, part: &ProjectionPart) -> Option<(Position, u32)> {
        self.states.get(&key(part))?.parts.get(&part.part.number())?.trying
    }

    /// All parts back at `to`, and nobody's any more.
    pub(super) fn reset(&mut self, name: &str, version: u32, parts: u32, to: Checkpoint) {
        let state = self.states.entry((name.to_owned(), version)).or_default();
        state.make(parts, to);
        state.letters.clear();
    }

    /// Ends the leases of earlier versions for good.
    pub(super) fn serve(&mut self, name: &str, version: u32) {
        self.serving.insert(name.to_owned(), version);
        let earlier = self.states.iter_mut().filter(|((n, v), _)| n == name && *v < version);
        for (_, state) in earlier {
            for part in state.parts.values_mut() {
                part.epoch += 1;
                part.owner = None;
            }
        }
    }

    /// The version that serves, if that was ever said.
    pub(super) fn serving(&self, name: &str) -> Option<u32> {
        self.serving.get(name).copied()
    }

    /// The later version that serves.
    fn superseded(&self, name: &str, version: u32) -> Option<u32> {
        self.serving(name).filter(|serving| *serving > version)
    }

    pub(super) fn found_letters(
        &self,
        name: &str,
        version: u32,
        select: LetterSelection,
    ) -> Vec<DeadLetter> {
        let state = self.states.get(&(name.to_owned(), version));
        let letters = state.into_iter().flat_map(|state| state.letters.values());
        letters.filter(|letter| selects(select, letter)).cloned().collect()
    }

    /// Changes open letters; gives how many.
    pub(super) fn change_letters(
        &mut self,
        name: &str,
        version: u32,
        select: LetterSelection,
        change: impl Fn(&mut DeadLetter),
    ) -> u64 {
        let state = self.states.get_mut(&(name.to_owned(), version));
        let letters = state.into_iter().flat_map(|state| state.letters.values_mut());
        let open = letters.filter(|letter| letter.state != LetterState::Discarded);
        open.filter(|letter| selects(select, letter)).map(change).count() as u64
    }

    fn state(&mut self, part: &ProjectionPart) -> &mut State {
        let state = self.states.entry(key(part)).or_default();
        if state.split == 0 {
            state.split = part.part.of();
        }
        state
    }
}

impl State {
    /// All parts anew, at `to`: whoever ran one of them commits nothing more, however they were split.
    fn make(&mut self, parts: u32, to: Checkpoint) {
        let epoch = self.parts.values().map(|part| part.epoch).max().unwrap_or(0) + 1;
        let part = || PartState { checkpoint: to, epoch, ..PartState::default() };
        self.parts = (0..parts).map(|number| (number, part())).collect();
        self.split = parts;
    }

    fn check_split(&self, name: &str, asked: u32) -> Result<(), StoreError> {
        if self.split == asked || self.parts.is_empty() {
            return Ok(());
        }
        Err(StoreError::Parts { projection: name.to_owned(), found: self.split, asked })
    }
}

impl PartState {
    fn is_new(&self) -> bool {
        self.checkpoint == Checkpoint::default()
    }
}

fn key(part: &ProjectionPart) -> Key {
    (part.name.clone(), part.version)
}

fn selects(select: LetterSelection, letter: &DeadLetter) -> bool {
    let open = letter.state != LetterState::Discarded;
    match select {
        LetterSelection::Open => open,
        LetterSelection::Stream(stream) => open && letter.stream == stream,
        LetterSelection::Position(position) => letter.position == position,
        LetterSelection::Retry => open && letter.retry,
        LetterSelection::All => true,
    }
}
