//! The user's own `Result`, `Option`, `Vec`, `Box`, `String`, `Some`, `Ok`, `Default`, `str` and `u32` are in nobody's way.

#![deny(warnings)]
#![allow(dead_code, non_camel_case_types)]

use es_core::{Event, aggregate, handles, projection};

struct Result;
struct Option;
struct Vec;
struct Box;
struct String;
struct Some;
struct None;
struct Ok;
struct Err;
struct str;
struct u32;
trait Default {}
trait Clone {}
trait Send {}

#[derive(serde::Serialize, serde::Deserialize, Event)]
#[event(version = 2, oldest = 2)]
struct Opened;

#[derive(serde::Serialize, serde::Deserialize, Event)]
struct Closed;

#[derive(core::fmt::Debug, core::clone::Clone, core::marker::Copy, PartialEq, Eq, es_core::AggregateId)]
#[aggregate_id(category = "Account")]
struct Uuid(es_core::prelude::Uuid);

#[derive(core::default::Default)]
struct Account;

#[aggregate(id = Uuid)]
impl Account {
    #[handles(Opened)]
    fn opened(_: &Opened) -> Self {
        Self
    }

    #[handles(Closed)]
    fn closed(&mut self, _: &Closed) {}
}

#[derive(core::default::Default)]
struct Counter;

#[aggregate(id = es_core::prelude::Uuid)]
impl Counter {
    #[handles(Closed)]
    fn closed(&mut self, _: &Closed) {}
}

// serde's own macros need the true `str` for fields.
mod row {
    #[allow(unused_imports)]
    use super::{Box, Clone, Default, Err, None, Ok, Option, Result, Send, Some, String, Vec, u32};

    #[derive(core::clone::Clone, serde::Serialize, serde::Deserialize, es_core::ReadModel)]
    #[read_model(table = "accounts")]
    struct Row {
        #[read_model(id)]
        account: es_core::prelude::Uuid,
        owner: core::option::Option<std::string::String>,
    }
}

struct Accounts;

#[projection(version = 2)]
impl Accounts {
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}

    #[handles(Closed)]
    async fn closed(&self, _: &Closed) -> core::result::Result<(), es_core::ProjectionError> {
        core::result::Result::Ok(())
    }
}

fn main() {
    use es_core::{Aggregate, AggregateId};
    core::assert!(<Account as Aggregate>::initial().is_none());
    core::assert!(<Counter as Aggregate>::initial().is_some());
    core::assert_eq!(Uuid::from_name("DE12"), Account::id_from_name("DE12"));
    core::assert_ne!(Uuid::generate(), Uuid::generate());
}
