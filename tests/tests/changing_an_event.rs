//! The changes of the chapter "Changing an event", each against streams that the program of before has stored.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]
#![expect(clippy::unused_self, reason = "which events a handler handles is all that matters here")]

use es_core::prelude::*;
use es_core::{LoadError, NewEvent, Payload, ReplayError, SchemaVersion, StreamAppend};
use es_tests::{TestDatabase, TestFile};
use serde_json::json;

/// The program of before.
mod before {
    use super::*;

    #[derive(Serialize, Deserialize, Event)]
    #[event(name = "account-opened")]
    pub(super) struct Opened {
        pub(super) owner: String,
        pub(super) branch: u32,
    }

    #[derive(Serialize, Deserialize, Event)]
    #[event(name = "money-deposited")]
    pub(super) struct Deposited {
        pub(super) cents: i64,
    }

    #[derive(Serialize, Deserialize, Event)]
    #[event(name = "cash-out")]
    pub(super) struct CashOut {
        pub(super) cents: i64,
    }

    #[derive(Serialize, Deserialize, Event)]
    #[event(name = "item-added")]
    pub(super) struct ItemAdded {
        pub(super) product_id: String,
    }

    #[derive(Serialize, Deserialize, Event)]
    #[event(name = "customer-moved")]
    pub(super) struct Moved {
        pub(super) to: String,
    }

    #[derive(Debug)]
    pub(super) struct Account;

    #[aggregate(name = "account", id = Uuid)]
    impl Account {
        #[handles(Opened)]
        fn opened(_: &Opened) -> Self {
            Self
        }

        #[handles(Deposited)]
        fn deposited(&mut self, _: &Deposited) {}

        #[handles(CashOut)]
        fn cash_out(&mut self, _: &CashOut) {}

        #[handles(ItemAdded)]
        fn item_added(&mut self, _: &ItemAdded) {}

        #[handles(Moved)]
        fn moved(&mut self, _: &Moved) {}
    }
}

/// The program of today.
mod today {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
    #[event(name = "account-opened", version = 2)]
    #[upcast(from = 1, with = std::convert::identity)] // `branch` is gone
    pub(super) struct Opened {
        pub(super) owner: String,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
    #[event(name = "money-deposited", version = 2)]
    #[upcast(from = 1, with = add_reference)]
    pub(super) struct Deposited {
        pub(super) cents: i64,
        pub(super) reference: String,
    }

    fn add_reference(json: Json) -> Result<Json, UpcastError> {
        let mut fields = es_core::upcast::fields(json)?;
        fields.insert("reference".into(), "legacy-deposit".into());
        Ok(fields.into())
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
    #[event(name = "money-withdrawn", aliases("cash-out"))]
    pub(super) struct Withdrawn {
        pub(super) cents: i64,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
    #[event(name = "item-added", version = 2)]
    #[upcast(from = 1, via = ItemAddedV1)]
    pub(super) struct ItemAdded {
        pub(super) product: Uuid,
    }

    #[derive(Deserialize)]
    struct ItemAddedV1 {
        product_id: String,
    }

    impl From<ItemAddedV1> for ItemAdded {
        fn from(old: ItemAddedV1) -> Self {
            Self { product: Uuid::new_v5(&Uuid::NAMESPACE_OID, old.product_id.as_bytes()) }
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
    #[event(name = "customer-moved", version = 3)]
    #[upcast(from = 2, via = MovedV2)] // in any order
    #[upcast(from = 1, with = nest)]
    pub(super) struct Moved {
        pub(super) street: String,
        pub(super) town: String,
    }

    fn nest(json: Json) -> Result<Json, UpcastError> {
        let mut fields = es_core::upcast::fields(json)?;
        let to = fields.remove("to").ok_or_else(|| UpcastError::new("`to` is missing"))?;
        fields.insert("address".into(), to);
        Ok(fields.into())
    }

    #[derive(Deserialize)]
    struct MovedV2 {
        address: String,
    }

    impl From<MovedV2> for Moved {
        fn from(old: MovedV2) -> Self {
            let (street, town) = old.address.split_once(", ").unwrap_or((&old.address, ""));
            Self { street: street.into(), town: town.into() }
        }
    }

    #[derive(Debug, Default, PartialEq)]
    pub(super) struct Account {
        pub(super) owner: String,
        pub(super) cents: i64,
        pub(super) references: Vec<String>,
        pub(super) products: Vec<Uuid>,
        pub(super) home: (String, String),
    }

    #[aggregate(name = "account", id = Uuid)]
    impl Account {
        #[handles(Opened)]
        fn opened(event: &Opened) -> Self {
            Self { owner: event.owner.clone(), ..Self::default() }
        }

        #[handles(Deposited)]
        fn deposited(&mut self, event: &Deposited) {
            self.cents += event.cents;
            self.references.push(event.reference.clone());
        }

        #[handles(Withdrawn)]
        fn withdrawn(&mut self, event: &Withdrawn) {
            self.cents -= event.cents;
        }

        #[handles(ItemAdded)]
        fn item_added(&mut self, event: &ItemAdded) {
            self.products.push(event.product);
        }

        #[handles(Moved)]
        fn moved(&mut self, event: &Moved) {
            self.home = (event.street.clone(), event.town.clone());
        }
    }

    /// What went out, by whatever name.
    #[derive(Default)]
    pub(super) struct Outgoing(pub(super) i64);

    #[projection(name = "outgoing")]
    impl Outgoing {
        #[handles(Withdrawn)]
        fn withdrawn(&mut self, event: &Withdrawn) {
            self.0 += event.cents;
        }
    }
}

async fn stored_before<S: EventStore>(store: S) -> Uuid {
    let (id, accounts) = (Uuid::now_v7(), Repository::<before::Account, S>::new(store));
    accounts.create(id, before::Opened { owner: "Ada".into(), branch: 12 }).await.unwrap();
    let since = |_: &before::Account| {
        Ok::<_, ()>((
            before::Deposited { cents: 500 },
            before::CashOut { cents: 120 },
            before::ItemAdded { product_id: "tea".into() },
            before::Moved { to: "Long Lane 7, Ghent".into() },
        ))
    };
    accounts.execute(id, since).await.unwrap();
    id
}

async fn every_change_reads_what_was_stored_before<S: SubscriptionStore + Clone>(store: S) {
    let id = stored_before(store.clone()).await;
    let accounts = Repository::<today::Account, S>::new(store.clone());
    let expected = today::Account {
        owner: "Ada".into(),
        cents: 380,
        references: vec!["legacy-deposit".into()],
        products: vec![Uuid::new_v5(&Uuid::NAMESPACE_OID, b"tea")],
        home: ("Long Lane 7".into(), "Ghent".into()),
    };
    assert_eq!(accounts.load(id).await.unwrap().into_state(), expected);

    // Old and new events of one name, and of two names for one event, stand in one stream.
    let new = |_: &today::Account| {
        Ok::<_, ()>((
            today::Withdrawn { cents: 80 },
            today::Deposited { cents: 1, reference: "interest".into() },
            today::Moved { street: "Quay 1".into(), town: "Bruges".into() },
        ))
    };
    accounts.execute(id, new).await.unwrap();
    let account = accounts.load(id).await.unwrap().into_state();
    assert_eq!(account.cents, 301);
    assert_eq!(account.references, ["legacy-deposit", "interest"]);
    assert_eq!(account.home, ("Quay 1".to_owned(), "Bruges".to_owned()));

    let mut outgoing = Projector::in_memory(store.clone(), today::Outgoing::default());
    outgoing.catch_up().await.unwrap();
    assert_eq!(outgoing.projection().0, 200, "the projection is given both names");

    // Nothing that was stored has changed.
    let log =
        store.read_log(es_core::LogQuery::after(es_core::Position::START), 100).await.unwrap();
    let stored: Vec<_> =
        log.events.iter().map(|e| (e.name.as_str(), e.schema_version.get())).collect();
    assert_eq!(
        stored,
        [
            ("account-opened", 1),
            ("money-deposited", 1),
            ("cash-out", 1),
            ("item-added", 1),
            ("customer-moved", 1),
            ("money-withdrawn", 1),
            ("money-deposited", 2),
            ("customer-moved", 3),
        ]
    );
    assert_eq!(log.events[3].payload.as_str(), r#"{"product_id":"tea"}"#);
}

#[tokio::test]
async fn in_memory_every_change_reads_what_was_stored_before() {
    every_change_reads_what_was_stored_before(MemoryStore::new()).await;
}

#[tokio::test]
async fn on_sqlite_every_change_reads_what_was_stored_before() {
    let file = TestFile::create();
    every_change_reads_what_was_stored_before(file.store().await).await;
}

#[tokio::test]
async fn on_postgres_every_change_reads_what_was_stored_before() {
    let database = TestDatabase::create().await;
    every_change_reads_what_was_stored_before(database.store().await).await;
}

/// Loads a stream whose second event is this one.
async fn loaded(name: &'static str, version: u32, data: Json) -> Result<today::Account, LoadError> {
    let (store, id) = (MemoryStore::new(), Uuid::now_v7());
    let accounts = Repository::<today::Account, _>::new(store.clone());
    let opened = accounts.create(id, today::Opened { owner: "Ada".into() }).await.unwrap();
    let event = NewEvent::raw(
        es_core::EventName::new(name).unwrap(),
        SchemaVersion::new(version).unwrap(),
        Payload::from_json(data.to_string()).unwrap(),
    );
    let expected = ExpectedVersion::Exact(opened.version());
    store.append(StreamAppend::new(opened.stream().clone(), expected, vec![event])).await.unwrap();
    accounts.load(id).await.map(Root::into_state)
}

fn cause(error: LoadError) -> ReplayError {
    match error {
        LoadError::Replay { version, cause, .. } => {
            assert_eq!(version, Version::new(2));
            cause
        }
        other => panic!("not an error of replay: {other}"),
    }
}

#[tokio::test]
async fn an_event_begins_with_the_step_of_its_own_version() {
    let moved = json!({ "address": "Quay 1, Bruges" });
    let account = loaded("customer-moved", 2, moved).await.unwrap();
    assert_eq!(account.home, ("Quay 1".to_owned(), "Bruges".to_owned()));

    // As version 1 the same JSON has to go the first step too, which does not like it.
    let error = cause(loaded("customer-moved", 1, json!({ "address": "?" })).await.unwrap_err());
    let ReplayError::Upcast { found, known, cause, .. } = &error else { panic!("{error}") };
    assert_eq!((found.get(), known.get()), (1, 3));
    assert_eq!(std::error::Error::source(cause).unwrap().to_string(), "`to` is missing");
    assert_eq!(
        error.to_string(),
        "event `customer-moved` cannot be brought from schema version 1 to 3"
    );
}

/// No `serde_json::Value` can hold a whole number of 128 bits: neither today's events nor typed steps build one.
#[test]
fn numbers_that_no_json_value_can_hold_survive_without_steps_on_json() {
    #[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
    #[event(version = 2)]
    #[upcast(from = 1, via = CountedV1)]
    struct Counted {
        grains: u128,
    }

    #[derive(Deserialize)]
    struct CountedV1(u128);

    impl From<CountedV1> for Counted {
        fn from(old: CountedV1) -> Self {
            Self { grains: old.0 }
        }
    }

    let grains = u128::MAX;
    let today = NewEvent::of(&Counted { grains }).unwrap();
    let json = today.payload.as_str();
    assert!(serde_json::from_str::<Json>(json).unwrap()["grains"].as_u64().is_none());
    assert_eq!(today.payload.decode::<Counted>().unwrap(), Counted { grains });
    let older = Counted::UPCASTERS[0].upcast(&grains.to_string()).unwrap();
    assert_eq!(older, Counted { grains });
}

#[tokio::test]
async fn what_an_older_version_cannot_have_been_is_an_error() {
    for data in [json!(null), json!([1]), json!("text"), json!({ "cents": "many" })] {
        let error = cause(loaded("money-deposited", 1, data.clone()).await.unwrap_err());
        assert!(matches!(error, ReplayError::Upcast { .. }), "{data}: {error}");
    }
}

#[tokio::test]
async fn an_event_of_a_newer_program_is_an_error_that_says_so() {
    let error = cause(loaded("customer-moved", 4, json!({})).await.unwrap_err());
    assert_eq!(
        error.to_string(),
        "event `customer-moved` has schema version 4, this program knows up to 3"
    );
}

#[tokio::test]
async fn below_the_oldest_version_nothing_is_read() {
    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(name = "customer-moved", version = 3, oldest = 2)]
    #[upcast(from = 2, with = std::convert::identity)]
    struct Moved {}

    #[derive(Debug, Default)]
    struct Account;

    #[aggregate(name = "account", id = Uuid)]
    impl Account {
        #[handles(Moved)]
        fn moved(&mut self, _: &Moved) {}
    }

    let (store, id) = (MemoryStore::new(), Uuid::now_v7());
    let stream = Account::stream_id(id).unwrap();
    let event = |version| {
        NewEvent::raw(
            es_core::EventName::new("customer-moved").unwrap(),
            SchemaVersion::new(version).unwrap(),
            Payload::from_json("{}").unwrap(),
        )
    };
    let accounts = Repository::<Account, _>::new(store.clone());
    store
        .append(StreamAppend::new(stream.clone(), ExpectedVersion::NoStream, vec![event(2)]))
        .await
        .unwrap();
    assert!(accounts.load(id).await.is_ok());
    store.append(StreamAppend::new(stream, ExpectedVersion::Any, vec![event(1)])).await.unwrap();
    let error = cause(accounts.load(id).await.unwrap_err());
    assert_eq!(
        error.to_string(),
        "event `customer-moved` has schema version 1 and nothing brings it to 3"
    );
}
