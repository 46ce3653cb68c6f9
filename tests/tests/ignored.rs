//! Events that change nothing: those an aggregate ignores, and those it does not know.

use es_core::prelude::*;
use es_core::{
    EventName, ExpectedVersion, LoadError, NewEvent, Payload, ReplayError, SaveError, StreamAppend,
};

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "opened")]
struct Opened;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "moved")]
struct Moved(i64);

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "noted")]
struct Noted {
    text: String,
}

/// Of another program, as far as the aggregates here are concerned.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "rated")]
struct Rated;

#[derive(Debug)]
struct Strict(i64);

#[aggregate(name = "account", id = Uuid, ignores(Noted))]
impl Strict {
    #[handles(Opened)]
    fn opened(_: &Opened) -> Self {
        Self(0)
    }

    #[handles(Moved)]
    fn moved(&mut self, event: &Moved) {
        self.0 += event.0;
    }
}

#[derive(Debug)]
struct Lenient(i64);

#[aggregate(name = "account", id = Uuid, ignores(Noted), unknown = "ignore")]
impl Lenient {
    #[handles(Opened)]
    fn opened(_: &Opened) -> Self {
        Self(0)
    }

    #[handles(Moved)]
    fn moved(&mut self, event: &Moved) {
        self.0 += event.0;
    }
}

#[derive(Debug, Default)]
struct Counter(i64);

#[aggregate(id = Uuid, ignores(Noted), unknown = "ignore")]
impl Counter {
    #[handles(Moved)]
    fn moved(&mut self, event: &Moved) {
        self.0 += event.0;
    }
}

const ID: Uuid = Uuid::from_u128(1);

fn noted() -> Noted {
    Noted { text: "hello".into() }
}

async fn store(stream: StreamId, events: Vec<NewEvent>) -> MemoryStore {
    let store = MemoryStore::new();
    let append = StreamAppend::new(stream, ExpectedVersion::NoStream, events);
    store.append(append).await.expect("the stream is new");
    store
}

fn new(event: &impl Event) -> NewEvent {
    NewEvent::of(event).expect("it can be written")
}

#[tokio::test]
async fn an_ignored_event_is_recorded_and_changes_nothing() {
    let accounts = Repository::<Strict, _>::new(MemoryStore::new());
    accounts.create(ID, (Opened, Moved(5), noted())).await.unwrap();
    accounts.execute(ID, |_| Ok::<_, ()>((noted(), Moved(2)))).await.unwrap();
    let account = accounts.load(ID).await.unwrap();
    assert_eq!((account.state().0, account.version()), (7, Version::new(5)));
}

#[tokio::test]
async fn an_ignored_event_is_not_decoded() {
    let broken = NewEvent::raw(
        EventName::new("noted").unwrap(),
        Noted::VERSION,
        Payload::from_json("[1, 2, 3]").unwrap(),
    );
    let store = store(Strict::stream_id(ID).unwrap(), vec![new(&Opened), broken]).await;
    let account = Repository::<Strict, _>::new(store).load(ID).await.unwrap();
    assert_eq!(account.version(), Version::new(2));
}

#[tokio::test]
async fn an_ignored_event_begins_no_stream() {
    let accounts = Repository::<Strict, _>::new(MemoryStore::new());
    let error = accounts.create(ID, noted()).await.unwrap_err();
    let SaveError::Replay { cause, .. } = &error else { panic!("{error:?}") };
    assert!(matches!(cause, ReplayError::NotBegun { event: "noted", .. }), "{cause:?}");

    let store = store(Strict::stream_id(ID).unwrap(), vec![new(&noted())]).await;
    let error = Repository::<Strict, _>::new(store).load(ID).await.unwrap_err();
    let LoadError::Replay { cause, .. } = &error else { panic!("{error:?}") };
    assert!(matches!(cause, ReplayError::NotBegun { event: "noted", .. }), "{cause:?}");
}

#[tokio::test]
async fn an_ignored_event_may_begin_what_has_a_default() {
    let counters = Repository::<Counter, _>::new(MemoryStore::new());
    counters.create(ID, (noted(), Moved(3))).await.unwrap();
    assert_eq!(counters.load(ID).await.unwrap().state().0, 3);
}

#[tokio::test]
async fn an_unknown_event_is_an_error_that_names_it_unless_asked_otherwise() {
    let events = vec![new(&Rated), new(&Opened), new(&Rated), new(&Moved(4)), new(&Rated)];
    let store = store(Strict::stream_id(ID).unwrap(), events).await;
    let error = Repository::<Strict, _>::new(store.clone()).load(ID).await.unwrap_err();
    let LoadError::Replay { cause: ReplayError::UnknownEvent { event, .. }, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(event.as_str(), "rated");

    let accounts = Repository::<Lenient, _>::new(store);
    let account = accounts.load(ID).await.unwrap();
    assert_eq!((account.state().0, account.version()), (4, Version::new(5)));
    accounts.execute(ID, |_| Ok::<_, ()>(Moved(1))).await.unwrap();
    assert_eq!(accounts.load(ID).await.unwrap().version(), Version::new(6));
}

#[tokio::test]
async fn a_stream_of_unknown_events_alone_has_not_begun() {
    let store = store(Lenient::stream_id(ID).unwrap(), vec![new(&Rated), new(&Rated)]).await;
    let accounts = Repository::<Lenient, _>::new(store);
    let error = accounts.load(ID).await.unwrap_err();
    let expected =
        format!("account/{ID} is at version 2, but nothing that its aggregate knows begins it");
    assert_eq!(error.to_string(), expected);
    assert!(matches!(error, LoadError::NotBegun { .. }), "{error:?}");
    assert!(accounts.execute(ID, |_| Ok::<_, ()>(Moved(1))).await.is_err());
}

#[tokio::test]
async fn a_default_aggregate_stands_on_unknown_events() {
    let store = store(Counter::stream_id(ID).unwrap(), vec![new(&Rated)]).await;
    let counter = Repository::<Counter, _>::new(store).load(ID).await.unwrap();
    assert_eq!((counter.state().0, counter.version()), (0, Version::new(1)));
}
