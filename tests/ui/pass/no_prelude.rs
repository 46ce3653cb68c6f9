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

/// An aggregate.
#[derive(::std::fmt::Debug)]
pub struct Account {
    owner: ::std::string::String,
}

#[::es_core::aggregate(name = "account", id = ::es_core::prelude::Uuid)]
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
    pub account: ::es_core::prelude::Uuid,
}

/// A projection.
#[derive(::std::fmt::Debug)]
pub struct Accounts;

#[::es_core::projection(name = "accounts", version = 2)]
impl Accounts {
    /// Adds a row.
    #[::es_core::handles(Opened)]
    pub async fn opened(
        &self,
        _: &Opened,
        cx: &mut ::es_core::ReadModels<'_>,
    ) -> ::std::result::Result<(), ::es_core::ProjectionError> {
        let account = cx.stream_id();
        cx.rows::<Row>().save(Row { account }).await
    }
}

fn main() {}
