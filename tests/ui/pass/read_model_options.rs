//! All options of `#[derive(ReadModel)]` together, on types under other names.
#![deny(warnings)]

use std::collections::BTreeMap;

use es_core::prelude::*;
use es_core::{Column, SqlType};

type Maybe<T> = Option<T>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Limit {
    None,
    Daily { cents: u64 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances")]
struct Balance {
    #[read_model(id, column = "account_id")]
    account: Uuid,
    #[read_model(column = "type")]
    r#kind: Option<String>,
    #[read_model(json)]
    limits: Vec<Limit>,
    #[read_model(column = "tags", json)]
    #[serde(default)]
    größe: Maybe<BTreeMap<String, (u8, Limit)>>,
    #[read_model(json)]
    note: std::option::Option<String>,
    #[read_model(json)]
    anything: Box<Option<u8>>,
    #[read_model(skip)]
    #[serde(skip)]
    seen: bool,
}

fn main() {
    let json = |name, nullable| Column::json(name, nullable);
    let wanted = [
        Column::of::<Uuid>("account").named("account_id"),
        Column::of::<Option<String>>("kind").named("type"),
        json("limits", false),
        json("größe", true).named("tags"),
        json("note", true),
        json("anything", false),
    ];
    let table = <Balance as es_core::ReadModel>::TABLE;
    assert_eq!(table.columns, wanted);
    assert_eq!((table.key, table.key_column().field), ("account_id", "account"));
    assert_eq!(wanted[2].sql_type, SqlType::Json);
}
