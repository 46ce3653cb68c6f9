//! A memory store with one fault.

mod appending;
mod batch;
mod bulk;
mod events;
mod inlining;
mod projections;
mod snapshots;
mod subscriptions;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use es_core::{Cause, Lease, MemoryStore, StoreError, StoredSnapshot};
use futures_util::FutureExt as _;
use tokio::sync::Semaphore;
use uuid::Uuid;

pub(crate) use self::appending::Appending;
pub(crate) use self::batch::{BrokenBatch, at_once};
pub(crate) use self::inlining::Inlining;
use crate::fault::Fault;

/// A memory store that misbehaves in one way. Clones share it.
#[derive(Clone)]
pub(crate) struct Broken {
    inner: MemoryStore,
    fault: Fault,
    memory: Arc<Mutex<Memory>>,
    /// Whoever has to be alone has the one permit.
    alone: Arc<Semaphore>,
}

/// What a fault has to remember.
#[derive(Default)]
struct Memory {
    snapshots: Vec<StoredSnapshot>,
    /// Streams, each for one writer at a time.
    streams: HashMap<Uuid, Arc<tokio::sync::Mutex<()>>>,
    /// Until when leases were given, but for commits.
    leases: HashMap<String, (Lease, Instant)>,
    /// How many connections are lost.
    lost: usize,
}

impl Broken {
    pub(crate) fn new(fault: Fault) -> Self {
        let inner = match fault {
            Fault::Limits(limits) => MemoryStore::new().limits(limits),
            _ => MemoryStore::new(),
        };
        Self { inner, fault, memory: Arc::default(), alone: Arc::new(Semaphore::new(1)) }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no promise panics in here")
    }
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Broken")
    }
}

/// What the memory store answers, which it does at once.
pub(crate) fn now<T>(answer: impl Future<Output = T>) -> T {
    answer.now_or_never().expect("the memory store answers at once")
}

/// What a store says that can do one thing at a time.
pub(crate) fn busy() -> StoreError {
    StoreError::Unavailable(Cause::new("the store is locked"))
}
