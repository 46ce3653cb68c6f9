//! What is saved is published, and who listens harms nobody.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use es_core::{
    AppendError, Appended, BusEnded, BusReceiver, Cause, EventAddress, EventBus, EventStream,
    EventSubscriber, LogPage, LogQuery, Position, StoreError, StreamAppend, StreamQuery,
    Subscribed, prelude::*,
};
use es_tests::log::{read, until};
use es_tests::{TestDatabase, TestFile};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

#[derive(Debug, Clone, Serialize, Deserialize, Event)]
#[event(name = "said", aliases("uttered"))]
struct Said {
    text: String,
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "left")]
struct Left {}

#[derive(Default)]
struct Room {
    said: usize,
    left: usize,
}

#[aggregate(name = "room", id = Uuid)]
impl Room {
    #[handles(Said)]
    fn said(&mut self, _: &Said) {
        self.said += 1;
    }

    #[handles(Left)]
    fn left(&mut self, _: &Left) {
        self.left += 1;
    }
}

fn said(text: &str) -> Said {
    Said { text: text.to_owned() }
}

/// What comes next, soon.
async fn next(receiver: &mut BusReceiver) -> Option<Result<Arc<StoredEvent>, es_core::BusLagged>> {
    tokio::time::timeout(Duration::from_secs(10), receiver.next()).await.unwrap()
}

async fn next_event(receiver: &mut BusReceiver) -> StoredEvent {
    next(receiver).await.unwrap().unwrap().as_ref().clone()
}

async fn what_is_saved_is_published_as_it_is_stored<S: EventStore + Clone>(store: S) {
    let bus = EventBus::new(100);
    let mut all = bus.subscribe(Subscribed::All);
    let id = Uuid::now_v7();
    let rooms = Repository::<Room, _>::new(store.clone())
        .publish_to(&bus)
        .with_metadata(Metadata::new().actor("ada"));
    rooms.create(id, [said("a"), said("b")]).await.unwrap();
    rooms.execute(id, |room| Ok::<_, &str>(said(&room.said.to_string()))).await.unwrap();
    rooms.execute(id, |_| Ok::<_, &str>(None::<Left>)).await.unwrap();

    // What is refused is not published.
    rooms.create(id, said("again")).await.unwrap_err();
    rooms.execute(id, |_| Err::<Left, _>("no")).await.unwrap_err();
    rooms.execute(id, |_| Ok::<_, &str>(Left {})).await.unwrap();

    let mut published = Vec::new();
    for _ in 0..4 {
        published.push(next_event(&mut all).await);
    }
    assert_eq!(published, read(&store, &Room::stream_id(id).unwrap()).await);
    drop((bus, rooms));
    assert_eq!(next(&mut all).await, None, "nobody can publish any more");
}

#[tokio::test]
async fn what_is_saved_is_published_as_it_is_stored_in_memory() {
    what_is_saved_is_published_as_it_is_stored(MemoryStore::new()).await;
}

#[tokio::test]
async fn what_is_saved_is_published_as_it_is_stored_in_sqlite() {
    let file = TestFile::create();
    what_is_saved_is_published_as_it_is_stored(file.store().await).await;
}

#[tokio::test]
async fn what_is_saved_is_published_as_it_is_stored_in_postgres() {
    let database = TestDatabase::create().await;
    what_is_saved_is_published_as_it_is_stored(database.store().await).await;
}

/// A store with one room, and the bus that its events go to.
async fn room(capacity: usize) -> (EventBus, Repository<Room, MemoryStore>, Uuid) {
    let bus = EventBus::new(capacity);
    let rooms = Repository::<Room, _>::new(MemoryStore::new()).publish_to(&bus);
    let id = Uuid::now_v7();
    rooms.create(id, said("hello")).await.unwrap();
    (bus, rooms, id)
}

async fn say(rooms: &Repository<Room, MemoryStore>, id: Uuid, text: &str) {
    rooms.execute(id, |_| Ok::<_, &str>(said(text))).await.unwrap();
}

#[tokio::test]
async fn a_receiver_is_given_what_it_subscribes_to() {
    let (bus, rooms, id) = room(100).await;
    let mut left = bus.subscribe(Subscribed::to::<Left>());
    let mut both = bus.subscribe(Subscribed::to::<Left>().and::<Said>());
    let mut none = bus.subscribe(Subscribed::names(["of somebody else"]));
    say(&rooms, id, "one").await;
    rooms.execute(id, |_| Ok::<_, &str>(Left {})).await.unwrap();
    assert_eq!(next_event(&mut left).await.version, Version::new(3));
    assert_eq!(next_event(&mut both).await.version, Version::new(2), "not what came before it");
    assert_eq!(next_event(&mut both).await.version, Version::new(3));
    drop((bus, rooms));
    assert_eq!(next(&mut none).await, None);
    assert!(Subscribed::to::<Said>().has("uttered"), "names of before belong to the type");
}

#[tokio::test]
async fn a_slow_receiver_is_told_how_much_it_has_missed() {
    let (bus, rooms, id) = room(4).await;
    let mut slow = bus.subscribe(Subscribed::All);
    let mut quick = bus.subscribe(Subscribed::All);
    for version in 2..=11 {
        say(&rooms, id, "more").await;
        assert_eq!(next_event(&mut quick).await.version, Version::new(version));
    }
    let lagged = next(&mut slow).await.unwrap().unwrap_err();
    assert_eq!((lagged.missed, lagged.to_string().as_str()), (6, "6 events were missed"));
    for version in 8..=11 {
        assert_eq!(next_event(&mut slow).await.version, Version::new(version));
    }
}

/// Tells what it hears; fails or panics when it is told to by an event.
struct Listener(mpsc::UnboundedSender<String>);

impl EventSubscriber for Listener {
    fn subscribed_to(&self) -> Subscribed {
        Subscribed::to::<Said>()
    }

    async fn handle(&mut self, event: &StoredEvent) -> Result<(), ProjectionError> {
        let said: Said = event.payload.decode().map_err(ProjectionError::handler)?;
        match said.text.as_str() {
            "fail" => return Err(ProjectionError::handler("told to fail")),
            "panic" => panic!("told to panic"),
            "wait" => std::future::pending().await,
            _ => {}
        }
        self.0.send(said.text).map_err(ProjectionError::handler)
    }
}

fn listener() -> (Listener, mpsc::UnboundedReceiver<String>) {
    let (tell, hears) = mpsc::unbounded_channel();
    (Listener(tell), hears)
}

async fn heard(hears: &mut mpsc::UnboundedReceiver<String>) -> Option<String> {
    tokio::time::timeout(Duration::from_secs(10), hears.recv()).await.unwrap()
}

#[tokio::test]
async fn a_handler_that_fails_goes_on_with_the_next_event() {
    let (bus, rooms, id) = room(100).await;
    let (listener, mut hears) = listener();
    let mut attached = bus.attach(listener);
    for text in ["one", "fail", "two"] {
        say(&rooms, id, text).await;
    }
    assert_eq!(heard(&mut hears).await.as_deref(), Some("one"));
    assert_eq!(heard(&mut hears).await.as_deref(), Some("two"));
    assert_eq!((attached.failures(), bus.failures()), (1, 1));
    assert!(!attached.is_ended());
    drop((bus, rooms));
    assert_eq!(attached.ended().await, BusEnded::Closed);
    assert_eq!(attached.ended().await, BusEnded::Closed, "it can be asked again");
}

#[tokio::test]
async fn a_handler_that_panics_ends_its_own_subscriber_alone() {
    let (bus, rooms, id) = room(100).await;
    let (deaf, mut none) = listener();
    let mut guilty = bus.attach(deaf);
    let mut other = bus.subscribe(Subscribed::All);
    for text in ["panic", "one"] {
        say(&rooms, id, text).await;
    }
    let message = "told to panic".to_owned();
    assert_eq!(guilty.ended().await, BusEnded::Panicked { message });
    assert!(guilty.is_ended());
    assert_eq!((guilty.failures(), bus.failures()), (1, 1));
    assert_eq!(heard(&mut none).await, None, "it has heard nothing after that");
    assert_eq!(next_event(&mut other).await.version, Version::new(2));
    assert_eq!(next_event(&mut other).await.version, Version::new(3));
}

#[tokio::test]
async fn a_handler_that_hangs_holds_up_nobody() {
    let (bus, rooms, id) = room(2).await;
    let (stuck, _hears_nothing) = listener();
    let stuck = bus.attach(stuck);
    say(&rooms, id, "wait").await;
    let (busy, mut hears) = listener();
    let _busy = bus.attach(busy);
    for n in 0..10 {
        say(&rooms, id, &n.to_string()).await;
        assert_eq!(heard(&mut hears).await, Some(n.to_string()));
    }
    assert!(!stuck.is_ended());
    let watched = bus.clone();
    drop(stuck);
    until("the subscriber that was dropped is gone", || async {
        format!("{watched:?}").contains("receivers: 1")
    })
    .await;
}

#[tokio::test]
async fn a_detached_subscriber_finishes_what_it_handles_and_hears_no_more() {
    let (bus, rooms, id) = room(100).await;
    let (listener, mut hears) = listener();
    let attached = bus.attach(listener);
    say(&rooms, id, "one").await;
    assert_eq!(heard(&mut hears).await.as_deref(), Some("one"));
    assert_eq!(attached.detach().await, BusEnded::Detached);
    say(&rooms, id, "two").await;
    assert_eq!(heard(&mut hears).await, None);
}

#[tokio::test]
async fn an_attached_subscriber_counts_what_it_missed() {
    let (bus, rooms, id) = room(2).await;
    let (listener, mut hears) = listener();
    let attached = bus.attach(listener);
    // Its task runs only when this one waits.
    let events: Vec<_> = (0..8).map(|n| said(&n.to_string())).collect();
    rooms.execute(id, |_| Ok::<_, &str>(events.clone())).await.unwrap();
    assert_eq!(heard(&mut hears).await.as_deref(), Some("6"));
    assert_eq!(heard(&mut hears).await.as_deref(), Some("7"));
    assert_eq!((attached.missed(), attached.failures()), (6, 0));
}

/// A store that can be told not to be read.
#[derive(Clone, Default)]
struct Unreadable {
    inner: MemoryStore,
    now: Arc<AtomicBool>,
}

impl EventStore for Unreadable {
    async fn append_many(&self, appends: Vec<StreamAppend>) -> Vec<Result<Appended, AppendError>> {
        self.inner.append_many(appends).await
    }

    fn read_stream<'a>(&'a self, stream: &'a StreamId, query: StreamQuery) -> EventStream<'a> {
        if self.now.load(Ordering::SeqCst) {
            let error = StoreError::Unavailable(Cause::new("away"));
            return futures_util::stream::iter([Err(error)]).boxed();
        }
        self.inner.read_stream(stream, query)
    }

    async fn settled(&self) -> Result<Position, StoreError> {
        self.inner.settled().await
    }

    async fn read_log(&self, query: LogQuery<'_>, limit: usize) -> Result<LogPage, StoreError> {
        self.inner.read_log(query, limit).await
    }

    fn stream_log<'a>(&'a self, query: LogQuery<'a>) -> EventStream<'a> {
        self.inner.stream_log(query)
    }

    async fn locate(&self, ids: &[EventId]) -> Result<Vec<EventAddress>, StoreError> {
        self.inner.locate(ids).await
    }
}

#[tokio::test]
async fn what_cannot_be_read_back_is_saved_all_the_same() {
    let store = Unreadable::default();
    let bus = EventBus::new(100);
    let mut all = bus.subscribe(Subscribed::All);
    let rooms = Repository::<Room, _>::new(store.clone()).publish_to(&bus);
    let id = Uuid::now_v7();
    let mut root = Root::create(id, said("one")).unwrap();
    store.now.store(true, Ordering::SeqCst);
    assert_eq!(rooms.save(&mut root).await.unwrap().version(), Version::new(1));
    assert_eq!(bus.unpublished(), 1);
    store.now.store(false, Ordering::SeqCst);
    root.record(said("two")).unwrap();
    rooms.save(&mut root).await.unwrap();
    assert_eq!(next_event(&mut all).await.version, Version::new(2), "the first is not made up for");
    assert_eq!(bus.unpublished(), 1);
}
