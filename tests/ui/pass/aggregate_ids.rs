//! Ids of one's own: with a name or without, of an alias, as keys, columns, JSON and text.

#![deny(missing_docs, unreachable_pub, missing_debug_implementations, warnings)]
#![forbid(unsafe_code)]

use es_core::prelude::*;
use es_core::{AggregateId, ReadModel, RowKey, SqlType};

type Id = Uuid;

/// An account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AggregateId)]
#[aggregate_id(category = "bank-account")]
pub struct AccountId(Id);

mod private {
    #[derive(Debug, Clone, Copy, PartialEq, Eq, es_core::AggregateId)]
    #[aggregate_id(category = "owner")]
    pub(super) struct OwnerId {
        pub(super) r#type: uuid::Uuid,
    }
}
use private::OwnerId;

#[derive(Serialize, Deserialize, Event)]
struct Opened {
    owner: OwnerId,
}

#[derive(Default)]
struct BankAccount;

#[aggregate(name = "bank-account", id = AccountId)]
impl BankAccount {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
struct Row {
    #[read_model(id)]
    account: AccountId,
    owner: Option<OwnerId>,
}

fn main() {
    let uuid = Uuid::from_u128(7);
    let (id, text) = (AccountId::from_uuid(uuid), uuid.to_string());
    assert_eq!((id.to_string(), text.parse(), id.uuid()), (text.clone(), Ok(id), uuid));
    assert!("7".parse::<AccountId>().is_err());
    assert_eq!(serde_json::to_string(&id).ok(), Some(format!("\"{text}\"")));
    assert_eq!(serde_json::from_str::<OwnerId>(&format!("\"{text}\"")).ok(), Some(OwnerId { r#type: uuid }));
    assert!(serde_json::from_str::<OwnerId>("\"7\"").is_err());

    assert_eq!(AccountId::from_name("DE12"), BankAccount::id_from_name("DE12"));
    assert_eq!((AccountId::CATEGORY, Uuid::CATEGORY), (Some("bank-account"), None));
    assert_ne!(AccountId::generate(), AccountId::generate());
    assert_eq!(AccountId::generate().uuid().get_version_num(), 7);

    let columns: Vec<_> = Row::TABLE.columns.iter().map(|c| (c.sql_type, c.nullable)).collect();
    assert_eq!(columns, [(SqlType::Uuid, false), (SqlType::Uuid, true)]);
    assert_eq!((id.to_text(), AccountId::of_stream(uuid)), (text, Some(id)));
    let _ = (Row { account: id, owner: None }.key(), Opened { owner: OwnerId::from_uuid(uuid) }.owner);
}
