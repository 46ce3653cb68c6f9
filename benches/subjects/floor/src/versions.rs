//! The versions of streams, as this program has left them: what a cache of aggregates is at the least.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

#[derive(Debug, Clone, Default)]
pub(crate) struct Versions(Arc<Mutex<HashMap<Uuid, i64>>>);

impl Versions {
    pub(crate) fn set(&self, stream: Uuid, version: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(stream, version);
    }

    /// One more than it had; it has that now.
    pub(crate) fn next(&self, stream: Uuid) -> i64 {
        let mut versions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let version = versions.entry(stream).or_insert(0);
        *version += 1;
        *version
    }
}
