//! Importing: one transaction, chunk by chunk by COPY, the next chunk made while the server stores the present one.

mod chunk;
mod outcome;
mod session;

use std::error::Error;
use std::pin::{Pin, pin};

use es_core::{BulkStore, Cause, ImportError, ImportOptions, Imported, ImportedEvent, Limits};
use futures_util::future::try_join;
use futures_util::{Stream, StreamExt as _};

use self::chunk::Chunk;
use self::session::Session;
use crate::store::PgStore;

/// After so many events the task lets others run, the sending of the chunk before among them.
const TURN: usize = 256;

impl BulkStore for PgStore {
    async fn import<E, C>(
        &self,
        events: E,
        mut options: ImportOptions<'_>,
    ) -> Result<Imported, ImportError>
    where
        E: Stream<Item = Result<ImportedEvent, C>> + Send,
        C: Error + Send + Sync + 'static,
    {
        let limits = self.config().get_limits();
        let mut source =
            Source { events: pin!(events), limits, size: options.get_chunk(), taken: 0 };
        // Nothing is opened before the first events are there: who waits for them would keep everybody else waiting.
        let Some(mut chunk) = source.chunk().await? else { return Ok(Imported::default()) };
        let mut session = Session::begin(self, options.get_existing()).await?;
        loop {
            let send = async {
                options.report(session.send(chunk).await?);
                Ok(())
            };
            match try_join(send, source.chunk()).await?.1 {
                Some(next) => chunk = next,
                None => break,
            }
        }
        let imported = session.commit().await?;
        self.appended();
        Ok(imported)
    }
}

/// What comes in, made into chunks.
struct Source<'a, E> {
    events: Pin<&'a mut E>,
    limits: Limits,
    size: usize,
    taken: u64,
}

impl<E, C> Source<'_, E>
where
    E: Stream<Item = Result<ImportedEvent, C>> + Send,
    C: Error + Send + Sync + 'static,
{
    /// The next chunk, ready to be sent; `None` when nothing is left.
    async fn chunk(&mut self) -> Result<Option<Chunk>, ImportError> {
        let mut chunk = Chunk::new();
        while chunk.events() < self.size && chunk.has_room() {
            let Some(event) = self.events.next().await else { break };
            let event = event
                .map_err(|e| ImportError::Source { events: self.taken, cause: Cause::new(e) })?;
            let metadata = self.limits.check_imported(&event)?;
            chunk.push(&event, metadata.as_ref())?;
            self.taken += 1;
            if chunk.events().is_multiple_of(TURN) {
                tokio::task::yield_now().await;
            }
        }
        Ok((chunk.events() > 0).then_some(chunk))
    }
}
