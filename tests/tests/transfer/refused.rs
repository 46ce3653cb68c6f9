//! A target that holds anything but the beginning of the source is left alone.

use chrono::TimeDelta;
use es_core::{
    Category, EventId, EventName, Metadata, Payload, SchemaVersion, StoredEvent, StreamId,
    TransferError, Version,
};

use crate::odd::Odd;
use crate::support::{Store, address, copy, differs, fill, foreign, import, imported, log};

type Change = fn(&mut StoredEvent);

pub(crate) async fn a_foreign_event_at_the_beginning_is_refused<F: Store, T: Store>(
    from: F,
    to: T,
) {
    foreign_behind(0, &from, &to).await;
}

pub(crate) async fn a_foreign_event_in_the_middle_is_refused<F: Store, T: Store>(from: F, to: T) {
    foreign_behind(6, &from, &to).await;
}

pub(crate) async fn a_target_that_is_longer_is_refused<F: Store, T: Store>(from: F, to: T) {
    foreign_behind(15, &from, &to).await;
}

pub(crate) async fn an_empty_source_fills_no_target<F: Store, T: Store>(from: F, to: T) {
    let id = foreign(&to).await;
    let difference = differs(&from, &to).await;
    assert_eq!((difference.same, difference.source), (0, None));
    assert_eq!(difference.target.map(|event| event.id), Some(id));
}

/// The target has so many events of the source, and one of its own.
async fn foreign_behind<F: Store, T: Store>(same: usize, from: &F, to: &T) {
    let source = fill(from).await;
    import(to, imported(&source[..same])).await;
    let id = foreign(to).await;
    let difference = differs(from, to).await;
    let target = log(to).await.pop().unwrap();
    assert_eq!(target.id, id);
    assert_eq!(difference.same, same as u64);
    assert_eq!(difference.source, source.get(same).map(address));
    assert_eq!(difference.target, Some(address(&target)));
    assert_eq!(difference.what, if same == 15 { "end" } else { "id" });
    let told = difference.to_string();
    assert!(told.starts_with(&format!("after {same} that are the same, ")), "{told}");
    let has = format!("the target has event {id} at position {}", target.position);
    assert!(told.contains(&has), "{told}");
}

pub(crate) async fn every_field_that_differs_is_named<F: Store, T: Store>(from: F, to: T) {
    let source = fill(&from).await;
    assert_eq!(copy(&from, &to).await.unwrap(), (15, 0));
    let changes: [(&str, Change); 9] = [
        ("id", |event| event.id = EventId::new()),
        ("stream", |event| {
            let category = Category::new("b").unwrap();
            event.stream = StreamId::new(category, event.stream.id());
        }),
        ("version", |event| event.version = Version::new(event.version.get() + 1)),
        ("name", |event| event.name = EventName::new("changed").unwrap()),
        ("schema version", |event| event.schema_version = SchemaVersion::new(9).unwrap()),
        ("payload", |event| {
            let text = event.payload.as_str().replacen("1.0", "1.00", 1);
            event.payload = Payload::from_json(text).unwrap();
        }),
        ("metadata", |event| event.metadata = Metadata::new()),
        ("occurred_at", |event| event.occurred_at += TimeDelta::microseconds(1)),
        ("recorded_at", |event| event.recorded_at -= TimeDelta::microseconds(1)),
    ];
    for (what, change) in changes {
        let id = source[4].id;
        let other = Odd::new(from.clone()).altered(move |event| {
            if event.id == id {
                change(event);
            }
        });
        let difference = differs(&other, &to).await;
        assert_eq!((difference.same, difference.what), (4, what));
        assert_eq!(difference.target, Some(address(&log(&to).await[4])));
        let told = difference.to_string();
        assert!(told.ends_with(&format!(", which differ in their {what}")), "{told}");
    }
}

/// A source that gives less than it did before, though it has it, cannot give it at the moment.
pub(crate) async fn a_source_that_is_behind_is_not_called_different<F: Store, T: Store>(
    from: F,
    to: T,
) {
    let source = fill(&from).await;
    assert_eq!(copy(&from, &to).await.unwrap(), (15, 0));
    let error = copy(&Odd::new(from.clone()).ends_after(9), &to).await.unwrap_err();
    assert!(error.is_transient());
    let TransferError::Unsettled { store, position, .. } = error else { panic!("{error:?}") };
    assert_eq!((store, position), ("source", source[9].position));
    assert_eq!(copy(&from, &to).await.unwrap(), (0, 15));
}
