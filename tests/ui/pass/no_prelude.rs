//! Generated code finds what it needs where nothing is in scope, and passes the strictest lints.

#![no_implicit_prelude]
#![deny(missing_docs, unreachable_pub, missing_debug_implementations, warnings)]
#![forbid(unsafe_code)]

/// An event.
#[derive(::std::fmt::Debug, ::serde::Serialize, ::serde::Deserialize, ::es_core::Event)]
#[event(name = "opened", version = 2, oldest = 2)]
pub struct Opened {
    /// Who opened it.
    pub owner: ::std::string::String,
}

/// Its id.
#[derive(
    ::std::fmt::Debug,
    ::std::clone::Clone,
    ::std::marker::Copy,
    ::std::cmp::PartialEq,
    ::std::cmp::Eq,
    ::es_core::AggregateId,
)]
#[aggregate_id(category = "account")]
pub struct AccountId(::es_core::prelude::Uuid);

/// An aggregate.
#[derive(::std::fmt::Debug)]
pub struct Account {
    owner: ::std::string::String,
}

#[::es_core::aggregate(name = "account", id = AccountId)]
impl Account {
    /// Begins it.
    #[::es_core::handles(Opened)]
    pub fn opened(event: &Opened, _: &::es_core::EventContext<'_>) -> Self {
        Self { owner: ::std::clone::Clone::clone(&event.owner) }
    }

    /// Its owner.
    pub fn owner(&self) -> &::std::primitive::str {
        &self.owner
    }
}

/// A row.
#[derive(
    ::std::fmt::Debug,
    ::std::clone::Clone,
    ::serde::Serialize,
    ::serde::Deserialize,
    ::es_core::ReadModel,
)]
#[read_model(table = "accounts")]
pub struct Row {
    /// Its key.
    #[read_model(id)]
    pub account: AccountId,
}

/// A projection.
#[derive(::std::fmt::Debug)]
pub struct Accounts;

#[::es_core::projection(name = "accounts", version = 2, read_models(Row))]
impl Accounts {
    /// Adds a row.
    #[::es_core::handles(Opened)]
    pub async fn opened(
        &self,
        _: &Opened,
        cx: &mut ::es_core::ReadModels<'_>,
    ) -> ::std::result::Result<(), ::es_core::ProjectionError> {
        let account = ::es_core::AggregateId::from_uuid(cx.stream_id());
        cx.rows::<Row>().save(Row { account }).await
    }
}

fn main() {
    let (id, same) = (AccountId::from_name("DE12"), <Account as ::es_core::Aggregate>::id_from_name("DE12"));
    ::std::assert_eq!(id, same);
    ::std::assert_eq!(::std::string::ToString::to_string(&id).len(), 36);
}
