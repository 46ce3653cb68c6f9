//! Events that had another name before are handled like those of today.

use es_core::prelude::*;
use es_core::{EventName, ExpectedVersion, NewEvent, Payload, StreamAppend};

#[derive(Debug, Serialize, Deserialize)]
struct Withdrawn(i64);

impl Event for Withdrawn {
    const NAME: &'static str = "money-withdrawn";
    const ALIASES: &'static [&'static str] = &["withdrawn", "taken"];
}

#[derive(Debug, Default)]
struct Account(i64);

#[aggregate(name = "account", id = Uuid)]
impl Account {
    #[handles(Withdrawn)]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.0 -= event.0;
    }
}

#[derive(Default)]
struct Totals {
    withdrawn: i64,
}

#[projection(name = "totals", of(Account))]
impl Totals {
    #[handles(Withdrawn)]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.withdrawn += event.0;
    }
}

fn old(name: &'static str, cents: i64) -> NewEvent {
    let payload = Payload::from_json(cents.to_string()).expect("JSON");
    NewEvent::raw(EventName::new(name).expect("a name"), Withdrawn::VERSION, payload)
}

#[tokio::test]
async fn aggregates_and_projections_know_events_by_their_old_names() {
    let (store, id) = (MemoryStore::new(), Uuid::from_u128(1));
    let events = vec![old("taken", 1), old("withdrawn", 20)];
    let stream = Account::stream_id(id).unwrap();
    store.append(StreamAppend::new(stream, ExpectedVersion::NoStream, events)).await.unwrap();
    let accounts = Repository::<Account, _>::new(store.clone());
    accounts.execute(id, |_| Ok::<_, ()>(Withdrawn(300))).await.unwrap();
    assert_eq!(accounts.load(id).await.unwrap().state().0, -321);

    let mut totals = Projector::in_memory(store, Totals::default());
    assert_eq!(totals.catch_up().await.unwrap().events, 3);
    assert_eq!(totals.projection().withdrawn, 321);
}

#[test]
fn a_projection_subscribes_to_all_names() {
    assert_eq!(Totals::SUBSCRIBED_TO, ["money-withdrawn", "withdrawn", "taken"]);
    assert_eq!(Totals::EVENTS.len(), 1);
}
