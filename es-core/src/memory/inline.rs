//! Projections inside an append, in memory: run on what will be appended, then written together with it.

use super::MemoryStore;
use super::staging::Staging;
use crate::inline::{InlineError, InlineProjections, InlineStore};
use crate::store::{Appended, StreamAppend};

impl InlineStore for MemoryStore {
    /// One at a time, so that no update is lost. The handlers see the events as they will be stored if nobody else appends
    /// meanwhile; if somebody does, they run again.
    async fn append_inline(
        &self,
        append: StreamAppend,
        projections: &InlineProjections,
    ) -> Result<Appended, InlineError> {
        for checked in self.limits.check_all(std::slice::from_ref(&append)) {
            checked?;
        }
        let _turn = self.inline.lock().await;
        loop {
            let (events, head) = {
                let inner = self.inner();
                (inner.log.prepare(append.clone())?, inner.log.head())
            };
            let mut rows = Staging::new(self.clone());
            projections.run(&events, &mut rows).await?;
            let mut inner = self.inner();
            if inner.log.head() != head {
                continue;
            }
            let appended = inner.log.push(events);
            rows.apply(&mut inner);
            drop(inner);
            #[cfg(feature = "runtime")]
            self.appended.wake();
            return Ok(appended);
        }
    }
}
