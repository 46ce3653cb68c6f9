//! Why an entry was not written.

use std::collections::{HashMap, HashSet};

use es_core::{
    AppendError, Appended, Cause, EventAddress, EventId, StoreError, StreamAppend, Version,
};
use sqlx::PgConnection;
use sqlx::postgres::PgDatabaseError;
use uuid::Uuid;

use super::{Attempt, Outcome};
use crate::error::store_error;
use crate::read::locate;
use crate::row;
use crate::store::PgStore;

/// Gives each entry that lost the reason; one whose stream by now is as it should be is left open.
pub(super) async fn answer(
    connection: &mut PgConnection,
    entries: &[&StreamAppend],
    written: Vec<Option<Appended>>,
) -> Attempt {
    let pairs = || entries.iter().zip(&written);
    let lost: Vec<_> =
        pairs().filter(|(_, done)| done.is_none()).map(|(entry, _)| *entry).collect();
    let mut reasons = match why(connection, &lost).await {
        Ok(reasons) => reasons.into_iter(),
        // Nothing of these was written, so the error is the answer, and the others keep theirs.
        Err(error) => vec![Some(AppendError::from(error)); lost.len()].into_iter(),
    };
    let answers = written.into_iter().map(|done| match done {
        Some(done) => Some(Ok(done)),
        None => reasons.next().flatten().map(Err),
    });
    Attempt::Answered(answers.collect::<Vec<Option<Outcome>>>())
}

/// Why each of these lost; `None` when there is no reason any more.
pub(super) async fn why(
    connection: &mut PgConnection,
    lost: &[&StreamAppend],
) -> Result<Vec<Option<AppendError>>, StoreError> {
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = lost.iter().map(|append| append.stream.id()).collect();
    let heads: Vec<(Uuid, String, i64)> = sqlx::query_as(include_str!("../sql/heads.sql"))
        .bind(ids)
        .fetch_all(connection)
        .await
        .map_err(|e| store_error(&e))?;
    let heads: HashMap<_, _> =
        heads.into_iter().map(|(id, category, version)| (id, (category, version))).collect();
    lost.iter().map(|append| reason(append, heads.get(&append.stream.id()))).collect()
}

fn reason(
    append: &StreamAppend,
    head: Option<&(String, i64)>,
) -> Result<Option<AppendError>, StoreError> {
    let (stream, expected) = (append.stream.clone(), append.expected);
    let mut actual = Version::START;
    if let Some((category, version)) = head {
        match row::check_category(&stream, category.clone()) {
            Err(error @ StoreError::WrongCategory { .. }) => return Ok(Some(error.into())),
            checked => checked?,
        }
        actual = Version::new(version.cast_unsigned());
    }
    let holds = expected.accepts(actual);
    Ok((!holds).then_some(AppendError::Conflict { stream, expected, actual }))
}

/// The statement failed on an event id: who brings one that is stored? Unless he has lost anyway: then that is his answer,
/// as it would be without the others.
pub(super) async fn duplicate(connection: &mut PgConnection, entries: &[&StreamAppend]) -> Attempt {
    match find_duplicates(connection, entries).await {
        Ok(answers) if answers.iter().all(Option::is_none) => Attempt::Collision(nothing_there()),
        Ok(answers) => Attempt::Duplicate(answers),
        Err(error) => Attempt::Failed(error),
    }
}

async fn find_duplicates(
    connection: &mut PgConnection,
    entries: &[&StreamAppend],
) -> Result<Vec<Option<Outcome>>, StoreError> {
    let ids: Vec<_> = entries.iter().flat_map(|append| &append.events).map(|e| e.id).collect();
    let found = locate(connection, &ids).await?;
    let stored: HashSet<EventId> = found.iter().map(|address| address.id).collect();
    let brings = |append: &&StreamAppend| {
        append.events.iter().map(|event| event.id).find(|id| stored.contains(id))
    };
    let suspects: Vec<_> =
        entries.iter().copied().filter(|append| brings(append).is_some()).collect();
    let reasons = match entries {
        // Nobody else can be the reason: it had not lost.
        [_] => vec![None],
        _ => why(connection, &suspects).await?,
    };
    let mut reasons = reasons.into_iter();
    let answer = |append: &&StreamAppend| {
        let event = brings(append)?;
        let lost = reasons.next().flatten();
        Some(Err(lost.unwrap_or(AppendError::DuplicateEvent { event })))
    };
    Ok(entries.iter().map(answer).collect())
}

/// The first of `ids` that is stored.
pub(super) fn first_stored(ids: &[EventId], found: &[EventAddress]) -> Option<EventId> {
    ids.iter().copied().find(|id| found.iter().any(|address| address.id == *id))
}

/// Whenever it was looked at, the stream was where it should be, and whenever it was written to, it was not.
pub(super) fn moving() -> StoreError {
    StoreError::Unavailable(Cause::new("the stream never stood still"))
}

fn nothing_there() -> StoreError {
    StoreError::Unavailable(Cause::new("an event id was refused that is not stored"))
}

impl PgStore {
    /// The id that was refused in a transaction that can answer no more questions. The server's own words name it,
    /// unless the user may not read the column; then another connection is asked.
    pub(super) async fn duplicate(
        &self,
        append: &StreamAppend,
        error: &sqlx::Error,
    ) -> Result<EventId, StoreError> {
        let named = error
            .as_database_error()
            .and_then(|error| error.try_downcast_ref::<PgDatabaseError>()?.detail())
            .and_then(|detail| append.events.iter().find(|e| detail.contains(&e.id.to_string())));
        match (named, append.events.as_slice()) {
            (Some(event), _) | (None, [event]) => Ok(event.id),
            (None, events) => {
                let ids: Vec<_> = events.iter().map(|event| event.id).collect();
                let found = self.find_events(&ids).await?;
                first_stored(&ids, &found).ok_or_else(nothing_there)
            }
        }
    }
}
