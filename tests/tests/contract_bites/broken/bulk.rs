//! Imports.

use std::collections::HashSet;
use std::convert::Infallible;
use std::error::Error;
use std::pin::pin;

use es_core::{
    BulkStore, Cause, ExistingStreams, ImportError, ImportOptions, Imported, ImportedEvent,
};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};

use super::Broken;
use crate::fault::Fault;

impl BulkStore for Broken {
    async fn import<E, C>(
        &self,
        events: E,
        mut options: ImportOptions<'_>,
    ) -> Result<Imported, ImportError>
    where
        E: Stream<Item = Result<ImportedEvent, C>> + Send,
        C: Error + Send + Sync + 'static,
    {
        let fault = self.fault;
        match fault {
            Fault::ImportsPiecemeal => return self.import_piecemeal(events, options).await,
            Fault::Options(tamper) => options = tamper(options),
            _ => {}
        }
        let most = if let Fault::ImportsOnly(most) = fault { most } else { usize::MAX };
        let events = events.take(most).map_ok(|mut event| {
            if let Fault::Imported(tamper) = fault {
                tamper(&mut event);
            }
            event
        });
        let mut imported = self.inner.import(events, options).await;
        if let Fault::ImportAnswer(tamper) = fault {
            tamper(&mut imported);
        }
        imported
    }
}

impl Broken {
    /// Each event as an import of its own.
    async fn import_piecemeal<E, C>(
        &self,
        events: E,
        mut options: ImportOptions<'_>,
    ) -> Result<Imported, ImportError>
    where
        E: Stream<Item = Result<ImportedEvent, C>> + Send,
        C: Error + Send + Sync + 'static,
    {
        let mut events = pin!(events);
        let (mut done, mut begun) = (Imported::default(), HashSet::new());
        while let Some(event) = events.next().await {
            let source =
                |error| ImportError::Source { events: done.events, cause: Cause::new(error) };
            let event = event.map_err(source)?;
            let is_new = begun.insert(event.stream.id());
            let existing = if is_new { options.get_existing() } else { ExistingStreams::Continue };
            let one = stream::iter([Ok::<_, Infallible>(event)]);
            let one = self.inner.import(one, ImportOptions::new().existing(existing)).await?;
            done = Imported::new(done.events + 1, one.position);
            if done.events.is_multiple_of(options.get_chunk() as u64) {
                options.report(done.events);
            }
        }
        Ok(done)
    }
}
