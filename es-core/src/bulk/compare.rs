//! Whether one log is the beginning of another: the same events in the same order, wherever they stand.

use futures_util::stream::Fuse;
use futures_util::{StreamExt as _, TryStreamExt as _};

use crate::error::{Difference, TransferError};
use crate::record::StoredEvent;
use crate::store::{EventAddress, EventStore, EventStream, LogQuery};
use crate::version::Position;

/// How far two logs are the same.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// How many events.
    pub(super) events: u64,
    /// The position of the last of them in the source.
    pub(super) source: Position,
    /// Its position in the target.
    pub(super) target: Position,
}

/// What the source has behind the events that were compared.
pub(super) type Rest<'a> = Fuse<EventStream<'a>>;

/// Compares all that the target has behind `place` with the source, event by event, and moves `place` there. `passed` is
/// told how many are the same so far.
pub(super) async fn compare<'a, F: EventStore, T: EventStore>(
    from: &'a F,
    to: &'a T,
    place: &mut Place,
    mut passed: impl FnMut(u64) + Send,
) -> Result<Rest<'a>, TransferError> {
    // The target is asked first: when the source is, what the target has by then has been settled there for long.
    let mut target = to.stream_log(LogQuery::after(place.target));
    let mut source = from.stream_log(LogQuery::after(place.source)).fuse();
    while let Some(copy) = target.try_next().await.map_err(TransferError::Target)? {
        let Some(event) = next(&mut source).await? else {
            return Err(surplus(from, *place, &copy).await);
        };
        if let Some(what) = difference(&event, &copy) {
            let (source, target) = (Some(address(&event)), Some(address(&copy)));
            let same = place.events;
            return Err(TransferError::Differs(Difference { same, source, target, what }));
        }
        *place = Place { events: place.events + 1, source: event.position, target: copy.position };
        passed(place.events);
    }
    Ok(source)
}

/// The next event of the source.
pub(super) async fn next(source: &mut Rest<'_>) -> Result<Option<StoredEvent>, TransferError> {
    source.try_next().await.map_err(TransferError::Source)
}

/// The target has an event behind the end of the source. A source that was read further before, and has forgotten how far
/// (by a restart of the program, say), may not be able to read it again as long as somebody writes; then it has the event.
async fn surplus<F: EventStore>(from: &F, place: Place, copy: &StoredEvent) -> TransferError {
    let found = match from.locate(&[copy.id]).await {
        Ok(found) => found,
        Err(error) => return TransferError::Source(error),
    };
    match found.first().filter(|event| event.position > place.source) {
        Some(event) => TransferError::Unsettled { store: "source", position: event.position },
        None => TransferError::Differs(Difference {
            same: place.events,
            source: None,
            target: Some(address(copy)),
            what: "end",
        }),
    }
}

/// What of an event is not in its copy as it is.
fn difference(event: &StoredEvent, copy: &StoredEvent) -> Option<&'static str> {
    // All fields by name, so that a new one is not forgotten here.
    let StoredEvent {
        id,
        stream,
        version,
        position: _,
        name,
        schema_version,
        payload,
        metadata,
        occurred_at,
        recorded_at,
    } = event;
    let same = [
        ("id", *id == copy.id),
        ("stream", *stream == copy.stream),
        ("version", *version == copy.version),
        ("name", *name == copy.name),
        ("schema version", *schema_version == copy.schema_version),
        ("payload", *payload == copy.payload),
        ("metadata", *metadata == copy.metadata),
        ("occurred_at", *occurred_at == copy.occurred_at),
        ("recorded_at", *recorded_at == copy.recorded_at),
    ];
    same.into_iter().find(|(_, same)| !same).map(|(what, _)| what)
}

/// Where an event is stored.
pub(super) fn address(event: &StoredEvent) -> EventAddress {
    EventAddress::new(event.id, event.stream.id(), event.version, event.position)
}
