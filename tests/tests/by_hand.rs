//! What the macros write, written by hand against the public traits, beside a twin that the macros write: both must
//! behave alike. Nothing that the macros make needs more than this.

use es_core::prelude::*;
use es_core::{
    Batch, BoxFuture, Column, EventType, Fingerprint, FromBatch, Handler, Handles, IntoEvents,
    LoadError, Payload, ReplayError, SaveError, SchemaVersion, SnapshotError, SnapshotPolicy,
    Table, UnknownEvents,
};

#[derive(Debug, thiserror::Error)]
#[error("only {0} left")]
struct Short(i64);

mod by_hand {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct Opened {
        pub(super) owner: String,
    }

    impl Event for Opened {
        const NAME: &'static str = "opened";
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct Moved(pub(super) i64);

    impl Event for Moved {
        const NAME: &'static str = "moved";
        const VERSION: SchemaVersion = SchemaVersion::new(2).unwrap();
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct Audited;

    impl Event for Audited {
        const NAME: &'static str = "audited";
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub(super) struct Account {
        pub(super) owner: String,
        pub(super) balance: i64,
        pub(super) version: Version,
    }

    /// Three of its types are no `Snapshot`, and add nothing to its shape but how they are written.
    impl Snapshot for Account {
        const FINGERPRINT: Fingerprint =
            Fingerprint::of("Account { balance : i64 , owner : String , version : Version , }")
                .and(Fingerprint::new(0))
                .and(Fingerprint::new(0))
                .and(Fingerprint::new(0));

        fn to_snapshot(&self) -> Result<Payload, SnapshotError> {
            Ok(Payload::encode(self)?)
        }

        fn from_snapshot(state: &Payload) -> Result<Self, SnapshotError> {
            Ok(state.decode()?)
        }
    }

    impl Account {
        pub(super) fn withdraw(&self, amount: i64) -> Result<Moved, Short> {
            if amount > self.balance { Err(Short(self.balance)) } else { Ok(Moved(-amount)) }
        }
    }

    impl Aggregate for Account {
        type Id = Uuid;
        const NAME: &'static str = "account";
        const HANDLERS: &'static [Handler<Self>] =
            &[Handler::of::<Opened>(), Handler::of::<Moved>(), Handler::ignored::<Audited>()];
        const UNKNOWN: UnknownEvents = UnknownEvents::Ignore;
        const SNAPSHOTS: Option<SnapshotPolicy<Self>> = Some(SnapshotPolicy::every(3));

        fn initial() -> Option<Self> {
            None
        }
    }

    impl Handles<Opened> for Account {
        fn handle(
            state: &mut Option<Self>,
            event: &Opened,
            _: &EventContext<'_>,
        ) -> Result<(), ReplayError> {
            if state.is_some() {
                return Err(ReplayError::BegunTwice { event: Opened::NAME, aggregate: Self::NAME });
            }
            let owner = event.owner.clone();
            *state = Some(Self { owner, balance: 0, version: Version::new(1) });
            Ok(())
        }
    }

    impl IntoEvents<Account> for Opened {
        fn into_events(self, events: &mut Events<Account>) {
            events.push(self);
        }
    }

    impl Handles<Moved> for Account {
        fn handle(
            state: &mut Option<Self>,
            event: &Moved,
            cx: &EventContext<'_>,
        ) -> Result<(), ReplayError> {
            let Some(state) = state else {
                return Err(ReplayError::NotBegun { event: Moved::NAME, aggregate: Self::NAME });
            };
            state.balance += event.0;
            state.version = cx.version;
            Ok(())
        }
    }

    impl IntoEvents<Account> for Moved {
        fn into_events(self, events: &mut Events<Account>) {
            events.push(self);
        }
    }

    impl Handles<Audited> for Account {
        fn handle(
            state: &mut Option<Self>,
            _: &Audited,
            _: &EventContext<'_>,
        ) -> Result<(), ReplayError> {
            let aggregate = Self::NAME;
            match state {
                Some(_) => Ok(()),
                None => Err(ReplayError::NotBegun { event: Audited::NAME, aggregate }),
            }
        }
    }

    impl IntoEvents<Account> for Audited {
        fn into_events(self, events: &mut Events<Account>) {
            events.push(self);
        }
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub(super) struct Balance {
        pub(super) account: Uuid,
        pub(super) owner: String,
        pub(super) cents: i64,
    }

    impl ReadModel for Balance {
        type Key = Uuid;
        const TABLE: &'static Table = &Table::new(
            "balances",
            "account",
            &[
                Column::of::<Uuid>("account"),
                Column::of::<String>("owner"),
                Column::of::<i64>("cents"),
            ],
        );

        fn key(&self) -> Uuid {
            self.account
        }
    }

    pub(super) struct Balances {
        pub(super) seen: usize,
    }

    impl Projection for Balances {
        const NAME: &'static str = "balances";
        const READ_MODELS: &'static [&'static Table] = &[Balance::TABLE];
        const EVENTS: &'static [EventType] = &[EventType::of::<Opened>(), EventType::of::<Moved>()];
        const SUBSCRIBED_TO: &'static [&'static str] = &[Opened::NAME, Moved::NAME];

        fn handle<'a>(
            &'a mut self,
            event: &'a StoredEvent,
            batch: &'a mut Batch<'_>,
        ) -> BoxFuture<'a, Result<(), ProjectionError>> {
            Box::pin(async move {
                self.seen += 1;
                let mut cx = ReadModels::from_batch(batch)?;
                let account = cx.stream_id();
                if event.name == Opened::NAME {
                    let owner = event.decode::<Opened>()?.owner;
                    cx.rows::<Balance>().save(Balance { account, owner, cents: 0 }).await?;
                } else if event.name == Moved::NAME {
                    let Moved(amount) = event.decode()?;
                    cx.rows::<Balance>().update(&account, |row| row.cents += amount).await?;
                }
                Ok(())
            })
        }
    }
}

mod by_macro {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(name = "opened")]
    pub(super) struct Opened {
        pub(super) owner: String,
    }

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(name = "moved", version = 2, oldest = 2)]
    pub(super) struct Moved(pub(super) i64);

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(name = "audited")]
    pub(super) struct Audited;

    #[derive(Debug, Serialize, Deserialize, Snapshot)]
    pub(super) struct Account {
        pub(super) owner: String,
        pub(super) balance: i64,
        pub(super) version: Version,
    }

    #[aggregate(name = "account", id = Uuid, ignores(Audited), unknown = "ignore", snapshot(every = 3))]
    impl Account {
        #[handles(Opened)]
        fn opened(event: &Opened) -> Self {
            Self { owner: event.owner.clone(), balance: 0, version: Version::new(1) }
        }

        #[handles(Moved)]
        fn moved(&mut self, event: &Moved, cx: &EventContext<'_>) {
            self.balance += event.0;
            self.version = cx.version;
        }

        pub(super) fn withdraw(&self, amount: i64) -> Result<Moved, Short> {
            if amount > self.balance { Err(Short(self.balance)) } else { Ok(Moved(-amount)) }
        }
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
    #[read_model(table = "balances")]
    pub(super) struct Balance {
        #[read_model(id)]
        pub(super) account: Uuid,
        pub(super) owner: String,
        pub(super) cents: i64,
    }

    pub(super) struct Balances {
        pub(super) seen: usize,
    }

    #[projection(name = "balances", read_models(Balance), of(Account), ignores(Audited))]
    impl Balances {
        #[handles(Opened)]
        async fn opened(
            &mut self,
            event: &Opened,
            cx: &mut ReadModels<'_>,
        ) -> Result<(), ProjectionError> {
            self.seen += 1;
            let (account, owner) = (cx.stream_id(), event.owner.clone());
            cx.rows::<Balance>().save(Balance { account, owner, cents: 0 }).await
        }

        #[handles(Moved)]
        async fn moved(
            &mut self,
            event: &Moved,
            cx: &mut ReadModels<'_>,
        ) -> Result<(), ProjectionError> {
            self.seen += 1;
            let account = cx.stream_id();
            cx.rows::<Balance>().update(&account, |row| row.cents += event.0).await?;
            Ok(())
        }
    }
}

/// Runs the same story with the types of one of the modules and writes down everything that can be seen of it.
macro_rules! story {
    ($types:ident) => {{
        use $types::{Account, Audited, Balance, Balances, Moved, Opened};
        let mut seen = Vec::new();
        let store = MemoryStore::new();
        let accounts = Repository::<Account, _>::new(store.clone());
        let (id, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let opened = || Opened { owner: "Ada".into() };

        let missing: LoadError = accounts.load(id).await.unwrap_err();
        let early: SaveError = accounts.create(other, Moved(5)).await.unwrap_err();
        let twice: SaveError = accounts.create(other, (opened(), opened())).await.unwrap_err();
        let audited: SaveError = accounts.create(other, Audited).await.unwrap_err();
        seen.push(format!("{missing:?} {early:?} {twice:?} {audited:?}"));

        accounts.create(id, vec![opened()]).await.unwrap();
        accounts.execute(id, |_| Ok::<_, Short>([Moved(70), Moved(30)])).await.unwrap();
        let done = accounts.execute(id, |account| account.withdraw(40)).await.unwrap();
        seen.push(format!("{done:?}"));
        accounts.execute(id, |_| Ok::<_, Short>(Audited)).await.unwrap();
        let refused = accounts.execute(id, |account| account.withdraw(61)).await.unwrap_err();
        seen.push(format!("{refused} {refused:?}"));

        let root = accounts.load(id).await.unwrap();
        let Account { owner, balance, version } = root.state();
        seen.push(format!("{owner} {balance} {version} {} {:?}", root.stream(), Account::HANDLERS));
        seen.push(format!("{:?} {:?}", Account::UNKNOWN, Balances::EVENTS.len()));
        let kept = root.state().to_snapshot().unwrap();
        seen.push(format!("{:?} {kept:?}", Account::SNAPSHOTS));
        seen.push(format!("{:?}", Account::from_snapshot(&kept).unwrap()));

        store.ensure_read_model::<Balance>().await.unwrap();
        let mut balances = Projector::new(store.clone(), Balances { seen: 0 });
        seen.push(format!(
            "{:?} {}",
            balances.catch_up().await.unwrap(),
            balances.projection().seen
        ));
        seen.push(format!("{:?} {:?}", store.rows::<Balance>().await.unwrap(), Balance::TABLE));
        seen.push(format!("{} {:?}", <Balances as Projection>::NAME, Balances::SUBSCRIBED_TO));
        seen
    }};
}

#[tokio::test]
async fn the_hand_and_the_macros_write_the_same() {
    let (hand, generated) = (story!(by_hand), story!(by_macro));
    assert_eq!(hand, generated);
    assert!(hand[3].starts_with("Ada 60 4 account/"), "{}", hand[3]);
    assert!(hand[5].ends_with(r#"{"owner":"Ada","balance":60,"version":4}"#), "{}", hand[5]);
    assert!(hand[7].ends_with(" 4"), "{}", hand[7]);
}
