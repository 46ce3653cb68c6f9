//! The connection broke while an append was under way. Is it stored?
//!
//! The old session may still be at work: it may wait for a lock, or its request may only now arrive. So "not found" by
//! itself says nothing. What decides is to append again, on a fresh connection, *with the same event ids*: they are
//! unique, so of the two attempts at most one can ever commit, and whichever does is the answer.
//!
//! When the second attempt is refused, the first may be the reason, so the ids are looked up once more. Not found then
//! is definite if the reason lasts: a stream's version only rises, its category stays, an id that is taken stays taken.
//! Then the first attempt, should it still come, is refused for the same reason. If the reason may pass (the stream
//! does not exist yet, say), everybody who may be appending now is waited for before the ids are looked up.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use es_core::{
    AppendError, Appended, Cause, EventAddress, EventId, ExpectedVersion, Position, StoreError,
    StreamAppend, Version,
};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use sqlx::{Connection as _, PgConnection};
use tokio::time::Instant;

use super::{Outcome, refused, statement};
use crate::error::{cause, is_collision, is_duplicate_event, is_refusal, store_error};
use crate::read::locate;
use crate::store::PgStore;

/// How long to wait before looking again: from the first to the second, doubling.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(1));

/// How many outcomes of one statement are looked for at once, each on a connection of its own.
const AT_ONCE: usize = 4;

impl PgStore {
    /// Finds out what became of each of these, whose statement `broke`. One deadline for all of them: the caller waits for
    /// the call, not for an entry. A few at a time, so that one that waits for a lock does not hold up the others.
    pub(super) async fn find_out_all(
        &self,
        appends: &[&StreamAppend],
        broke: &sqlx::Error,
    ) -> Vec<Outcome> {
        let deadline = Instant::now() + self.config().get_outcome_timeout();
        let mut known = vec![None; appends.len()];
        if appends.len() > 1
            && let Ok(Ok(looked)) =
                tokio::time::timeout_at(deadline, self.look_for_all(appends)).await
        {
            known = looked;
        }
        let rest: Vec<_> = (0..appends.len()).filter(|at| known[*at].is_none()).collect();
        // Boxed, so that these futures do not mention the lifetime of each append.
        let each = rest.iter().map(|at| self.find_out(appends[*at], broke, deadline).boxed());
        let found: Vec<Outcome> =
            stream::iter(each.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await;
        for (at, outcome) in rest.into_iter().zip(found) {
            known[at] = Some(outcome);
        }
        known.into_iter().map(|outcome| outcome.expect("the rest was found out")).collect()
    }

    /// What is stored of all of them already, by one question.
    async fn look_for_all(
        &self,
        appends: &[&StreamAppend],
    ) -> Result<Vec<Option<Outcome>>, StoreError> {
        let options = self.pool().connect_options();
        let connection = PgConnection::connect_with(&options).await;
        let mut connection = connection.map_err(|e| store_error(&e))?;
        let ids = |append: &StreamAppend| append.events.iter().map(|e| e.id).collect::<Vec<_>>();
        let all: Vec<_> = appends.iter().flat_map(|append| ids(append)).collect();
        let mut found: HashMap<EventId, EventAddress> = HashMap::new();
        for address in locate(&mut connection, &all).await? {
            found.insert(address.id, address);
        }
        let outcome = |append: &&StreamAppend| {
            let ids = ids(append);
            let found = ids.iter().filter_map(|id| found.get(id).cloned()).collect();
            outcome(append, &ids, found)
        };
        Ok(appends.iter().map(outcome).collect())
    }

    /// Finds out what became of an append that `broke`, before `deadline`.
    async fn find_out(
        &self,
        append: &StreamAppend,
        broke: &sqlx::Error,
        deadline: Instant,
    ) -> Outcome {
        tracing::warn!(stream = %append.stream, error = %cause(broke), "the connection broke during an append");
        let found = tokio::time::timeout_at(deadline, self.find_out_in_time(append)).await;
        found.unwrap_or_else(|_| {
            let (stream, first_event) = (append.stream.clone(), append.events[0].id);
            Err(AppendError::OutcomeUnknown { stream, first_event, cause: cause(broke) })
        })
    }

    async fn find_out_in_time(&self, append: &StreamAppend) -> Outcome {
        let mut pauses = Pauses::default();
        loop {
            match self.look(append).await {
                Ok(outcome) => return outcome,
                Err(error) => tracing::debug!(%error, "the outcome of an append is still unknown"),
            }
            pauses.next().await;
        }
    }

    /// One try; an error means that nothing has been learnt.
    async fn look(&self, append: &StreamAppend) -> Result<Outcome, StoreError> {
        // Not of the pool: its other connections have probably broken too.
        let options = self.pool().connect_options();
        let connection = PgConnection::connect_with(&options).await;
        let mut connection = connection.map_err(|e| store_error(&e))?;
        let outcome = look_on(&mut connection, append).await?;
        if let Err(error) = connection.close().await {
            tracing::debug!(error = %cause(&error), "a connection was not closed in an orderly way");
        }
        Ok(outcome)
    }
}

async fn look_on(
    connection: &mut PgConnection,
    append: &StreamAppend,
) -> Result<Outcome, StoreError> {
    if let Some(outcome) = stored(connection, append).await? {
        return Ok(outcome);
    }
    let reason = match statement::write_one(connection, append).await {
        Ok(Some(appended)) => return Ok(Ok(appended)),
        Ok(None) => refused::why(connection, &[append]).await?.pop().flatten(),
        Err(error) if is_duplicate_event(&error) => None,
        Err(error) if is_refusal(&error) && !is_collision(&error) => {
            Some(store_error(&error).into())
        }
        Err(error) => return Err(store_error(&error)),
    };
    if !reason.as_ref().is_some_and(|reason| lasts(append.expected, reason)) {
        wait_for_writers(connection).await?;
    }
    match (stored(connection, append).await?, reason) {
        (Some(outcome), _) => Ok(outcome),
        (None, Some(reason)) if !reason.is_transient() => Ok(Err(reason)),
        _ => Err(StoreError::Unavailable(Cause::new("the second attempt met another append"))),
    }
}

/// Whether an append that is refused for this reason will be refused for ever.
fn lasts(expected: ExpectedVersion, reason: &AppendError) -> bool {
    match reason {
        AppendError::Conflict { actual, .. } => {
            actual.get() > statement::bounds(expected).1.cast_unsigned()
        }
        AppendError::Store(StoreError::WrongCategory { .. }) => true,
        _ => false,
    }
}

/// The outcome that the stored events tell, if any is stored.
pub(crate) async fn stored(
    connection: &mut PgConnection,
    append: &StreamAppend,
) -> Result<Option<Outcome>, StoreError> {
    let ids: Vec<_> = append.events.iter().map(|event| event.id).collect();
    Ok(outcome(append, &ids, locate(connection, &ids).await?))
}

/// Ours are all of them, side by side, in order, where the writer believed them to go. Anything else is somebody
/// else's: an append is atomic.
fn outcome(
    append: &StreamAppend,
    ids: &[EventId],
    mut found: Vec<EventAddress>,
) -> Option<Outcome> {
    let event = refused::first_stored(ids, &found)?;
    found.sort_by_key(|address| address.version);
    let first = found.first()?.version.get();
    let fits = |(at, (address, id)): (u64, (&EventAddress, &EventId))| {
        (address.id, address.stream, address.version.get()) == (*id, append.stream.id(), first + at)
    };
    let whole = found.len() == ids.len() && (0..).zip(found.iter().zip(ids)).all(fits);
    if !whole || !append.expected.accepts(Version::new(first - 1)) {
        return Some(Err(AppendError::DuplicateEvent { event }));
    }
    let last = found.last().map_or(Position::START, |address| address.position);
    let version = Version::new(first + found.len() as u64 - 1);
    Some(Ok(Appended::new(Version::new(first), version, last).found()))
}

/// Waits until everybody who may be appending now is done. Those who come later are not waited for.
pub(crate) async fn wait_for_writers(connection: &mut PgConnection) -> Result<(), StoreError> {
    let mut waited_for = writers(connection).await?;
    let mut pauses = Pauses::default();
    while !waited_for.is_empty() {
        pauses.next().await;
        let present = writers(connection).await?;
        waited_for.retain(|writer| present.contains(writer));
    }
    Ok(())
}

async fn writers(connection: &mut PgConnection) -> Result<HashSet<String>, StoreError> {
    let writers = sqlx::query_scalar(include_str!("../sql/outcome_writers.sql"));
    let writers: Vec<String> = writers.fetch_all(connection).await.map_err(|e| store_error(&e))?;
    Ok(writers.into_iter().collect())
}

/// Ever longer pauses.
pub(crate) struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(PAUSES.0)
    }
}

impl Pauses {
    pub(crate) async fn next(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 2).min(PAUSES.1);
    }
}

#[cfg(test)]
mod tests {
    use es_core::{Category, EventName, NewEvent, Payload, SchemaVersion, StreamId};
    use uuid::Uuid;

    use super::*;

    fn append(expected: ExpectedVersion) -> StreamAppend {
        let event = || {
            let payload = Payload::from_json("{}").expect("valid");
            NewEvent::raw(EventName::new("noted").expect("valid"), SchemaVersion::FIRST, payload)
        };
        let stream = StreamId::new(Category::new("test").expect("valid"), Uuid::from_u128(1));
        StreamAppend::new(stream, expected, vec![event(), event()])
    }

    fn judge(append: &StreamAppend, versions: &[u64]) -> Option<Outcome> {
        let ids: Vec<_> = append.events.iter().map(|event| event.id).collect();
        let address = |(id, version): (&EventId, &u64)| {
            EventAddress::new(*id, append.stream.id(), Version::new(*version), Position::new(90))
        };
        outcome(append, &ids, ids.iter().zip(versions).map(address).collect())
    }

    #[test]
    fn ours_is_what_lies_where_we_meant_it_to() {
        let exact = append(ExpectedVersion::Exact(Version::new(3)));
        assert!(judge(&exact, &[]).is_none());
        let found = judge(&exact, &[4, 5]).expect("an outcome").expect("stored");
        assert_eq!((found.first_version.get(), found.version.get()), (4, 5));
        for others in [&[4][..], &[5, 6], &[4, 6], &[5, 4]] {
            let found = judge(&exact, others).expect("an outcome");
            assert!(matches!(found, Err(AppendError::DuplicateEvent { .. })), "{others:?}");
        }
        assert!(judge(&append(ExpectedVersion::Any), &[8, 9]).expect("an outcome").is_ok());
        assert!(judge(&append(ExpectedVersion::NoStream), &[8, 9]).expect("an outcome").is_err());
    }

    #[test]
    fn a_conflict_lasts_when_the_stream_has_gone_past() {
        let conflict = |expected, actual| {
            let stream = append(expected).stream;
            let actual = Version::new(actual);
            lasts(expected, &AppendError::Conflict { stream, expected, actual })
        };
        let exact = ExpectedVersion::Exact(Version::new(3));
        assert!(conflict(exact, 4) && conflict(ExpectedVersion::NoStream, 1));
        assert!(!conflict(exact, 2) && !conflict(ExpectedVersion::StreamExists, 0));
    }
}
