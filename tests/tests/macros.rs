//! What the macros make, used as a program uses it: on the memory store, from the first event to the rows.

use std::collections::BTreeMap;

use es_core::RowSelection;
use es_core::prelude::*;
use rust_decimal::Decimal;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(name = "account-opened")]
struct Opened {
    owner: String,
    deposit: Decimal,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(name = "money-withdrawn", version = 2, oldest = 2)]
struct Withdrawn(Decimal);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
struct Closed;

#[derive(Debug)]
struct Account {
    owner: String,
    balance: Decimal,
    closed_in: Option<Version>,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("only {0} left")]
struct Short(Decimal);

#[aggregate(name = "account", id = Uuid)]
impl Account {
    #[handles(Opened)]
    fn opened(event: &Opened) -> Self {
        Self { owner: event.owner.clone(), balance: event.deposit, closed_in: None }
    }

    #[handles(Withdrawn)]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.0;
    }

    #[handles(Closed)]
    fn closed(&mut self, _: &Closed, cx: &EventContext<'_>) {
        self.closed_in = Some(cx.version);
    }

    fn withdraw(&self, amount: Decimal) -> Result<Withdrawn, Short> {
        if amount > self.balance { Err(Short(self.balance)) } else { Ok(Withdrawn(amount)) }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances")]
struct Balance {
    #[read_model(id)]
    account: Uuid,
    owner: String,
    money: Decimal,
    r#type: Option<String>,
}

struct Balances;

#[projection(name = "balances", version = 3, read_models(Balance))]
impl Balances {
    #[handles(Opened)]
    async fn opened(&self, event: &Opened, cx: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        let (account, owner) = (cx.stream_id(), event.owner.clone());
        let row = Balance { account, owner, money: event.deposit, r#type: None };
        cx.rows::<Balance>().save(row).await
    }

    #[handles(Withdrawn)]
    async fn withdrawn(
        &self,
        event: &Withdrawn,
        cx: &mut ReadModels<'_>,
    ) -> Result<(), ProjectionError> {
        let account = cx.stream_id();
        cx.rows::<Balance>().update(&account, |row| row.money -= event.0).await?;
        Ok(())
    }
}

#[derive(Default)]
struct Totals {
    withdrawn: Decimal,
    by_version: BTreeMap<u64, usize>,
}

#[projection]
impl Totals {
    #[handles(Withdrawn)]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.withdrawn += event.0;
    }

    #[handles(Closed)]
    fn closed(&mut self, _: &Closed, cx: &EventContext<'_>) {
        *self.by_version.entry(cx.version.get()).or_default() += 1;
    }
}

#[test]
fn names_versions_and_tables_are_what_the_attributes_say() {
    assert_eq!((Opened::NAME, Opened::VERSION.get()), ("account-opened", 1));
    assert_eq!((Withdrawn::NAME, Withdrawn::VERSION.get()), ("money-withdrawn", 2));
    assert_eq!(Closed::NAME, "Closed");
    assert_eq!(Account::NAME, "account");
    let handlers: Vec<_> = Account::HANDLERS.iter().map(|row| format!("{row:?}")).collect();
    let expected = ["account-opened v1", "money-withdrawn v2", "Closed v1"];
    assert_eq!(handlers, expected.map(|row| format!("Handler({row})")));
    assert!(Account::initial().is_none());
    assert_eq!((Balances::NAME, Balances::VERSION), ("balances", 3));
    assert_eq!((Totals::NAME, Totals::VERSION), ("Totals", 1));
    assert_eq!(Totals::SUBSCRIBED_TO, ["money-withdrawn", "Closed"]);
    let columns: Vec<_> = Balance::TABLE.columns.iter().map(|c| (c.name, c.nullable)).collect();
    assert_eq!(Balance::TABLE.key, "account");
    let expected = [("account", false), ("owner", false), ("money", false), ("type", true)];
    assert_eq!(columns, expected);
}

#[tokio::test]
async fn an_account_from_its_first_event_to_its_rows() {
    let store = MemoryStore::new();
    let accounts = Repository::<Account, _>::new(store.clone());
    let id = Uuid::from_u128(1);
    let opened = Opened { owner: "Ada".into(), deposit: 500.into() };
    accounts.create(id, opened).await.unwrap();
    accounts.execute(id, |account| account.withdraw(50.into())).await.unwrap();
    let refused = accounts.execute(id, |account| account.withdraw(451.into())).await;
    assert_eq!(refused.unwrap_err().domain(), Some(Short(450.into())));
    accounts.execute(id, |_| Ok::<_, Short>(Closed)).await.unwrap();

    let account = accounts.load(id).await.unwrap();
    assert_eq!((account.state().owner.as_str(), account.state().balance), ("Ada", 450.into()));
    assert_eq!(account.state().closed_in, Some(Version::new(3)));

    // The third version has a table of its own.
    let table = Balance::TABLE.of_version(3);
    store.ensure_table(table).await.unwrap();
    Projector::new(store.clone(), Balances).catch_up().await.unwrap();
    let expected = Balance { account: id, owner: "Ada".into(), money: 450.into(), r#type: None };
    let found = store.read_rows(table, RowSelection::All).await.unwrap();
    let found: Vec<Balance> =
        found.iter().map(|row| serde_json::from_str(&row.json).unwrap()).collect();
    assert_eq!(found, [expected]);

    let mut totals = Projector::in_memory(store, Totals::default());
    assert_eq!(totals.catch_up().await.unwrap().events, 2);
    assert_eq!(totals.projection().withdrawn, 50.into());
    assert_eq!(totals.projection().by_version, BTreeMap::from([(3, 1)]));
}
