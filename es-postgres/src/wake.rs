//! Wake-ups: hints to whoever follows the log that it has grown.

use es_core::Signal;

use crate::store::PgStore;

impl PgStore {
    /// Wakes whoever follows the log, for a program that has committed a transaction with
    /// [`append_in`](Self::append_in). Nothing is lost without it: they look by themselves now and then.
    pub fn appended(&self) {
        self.signal().wake();
    }

    pub(crate) fn signal(&self) -> &Signal {
        self.wake_ups()
    }
}
