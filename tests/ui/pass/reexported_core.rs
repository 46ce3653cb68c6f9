//! es-core under another path: `crate = …` on every macro.

#![deny(warnings)]

mod facade {
    pub mod sourcing {
        pub use es_core::*;
    }
}

use facade::sourcing::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, AggregateId)]
#[aggregate_id(category = "account", crate = crate::facade::sourcing)]
struct AccountId(Uuid);

#[derive(Serialize, Deserialize, Event)]
#[event(name = "opened", version = 3, crate = crate::facade::sourcing)]
#[upcast(from = 1, with = unchanged)]
#[upcast(from = 2, via = OpenedV2)]
struct Opened {
    account: AccountId,
}

#[derive(Serialize, Deserialize)]
struct OpenedV2 {
    account: AccountId,
}

impl From<OpenedV2> for Opened {
    fn from(OpenedV2 { account }: OpenedV2) -> Self {
        Self { account }
    }
}

fn unchanged(json: Json) -> Result<Json, UpcastError> {
    Ok(json)
}

struct Account(AccountId);

#[facade::sourcing::aggregate(name = "account", id = AccountId, crate = crate::facade::sourcing)]
impl Account {
    #[facade::sourcing::handles(Opened)]
    fn opened(event: &Opened, _: &EventContext<'_>) -> Self {
        Self(event.account)
    }
}

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts", crate = facade::sourcing)]
struct Row {
    #[read_model(id)]
    account: AccountId,
}

struct Accounts;

#[projection(name = "accounts", crate = self::facade::sourcing)]
impl Accounts {
    #[handles(Opened)]
    async fn opened(&self, event: &Opened, cx: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        cx.rows().save(Row { account: event.account }).await
    }
}

fn main() {
    let id = AccountId::from_name("DE12");
    assert_eq!(id, Account::id_from_name("DE12"));
    let mut account = Account::initial();
    assert!(account.is_none());
    account = Some(Account(id));
    assert_eq!((account.map(|account| account.0), Opened::VERSION.get()), (Some(id), 3));
    assert_eq!((Row::TABLE.name, Accounts::SUBSCRIBED_TO), ("accounts", &["opened"][..]));
}
