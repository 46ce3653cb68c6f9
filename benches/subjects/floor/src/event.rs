//! Events to rows and back: `serde_json`, nothing between.

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use work::{AccountEvent, Result};

/// What is stored of an event besides what is the same for all.
pub(crate) struct Row {
    pub(crate) account: Uuid,
    pub(crate) version: i64,
    pub(crate) event: Uuid,
    pub(crate) name: &'static str,
    pub(crate) payload: String,
}

impl Row {
    pub(crate) fn new(account: Uuid, version: i64, event: &AccountEvent) -> Self {
        let payload = match event {
            AccountEvent::Opened { owner, cents } => json!({ "owner": owner, "cents": cents }),
            AccountEvent::Deposited { cents, reference } => {
                json!({ "cents": cents, "reference": reference })
            }
            AccountEvent::Withdrawn { cents } => json!({ "cents": cents }),
        };
        let (event, name) = (Uuid::now_v7(), event.name());
        Self { account, version, event, name, payload: payload.to_string() }
    }
}

#[derive(Deserialize)]
struct Opened {
    #[serde(rename = "owner")]
    _owner: String,
    cents: i64,
}

#[derive(Deserialize)]
struct Deposited {
    cents: i64,
    #[serde(rename = "reference")]
    _reference: String,
}

#[derive(Deserialize)]
struct Withdrawn {
    cents: i64,
}

/// Decodes an event and gives what it does to the balance.
pub(crate) fn change(name: &str, payload: &[u8]) -> Result<i64> {
    Ok(match name {
        "account-opened" => serde_json::from_slice::<Opened>(payload)?.cents,
        "money-deposited" => serde_json::from_slice::<Deposited>(payload)?.cents,
        "money-withdrawn" => -serde_json::from_slice::<Withdrawn>(payload)?.cents,
        other => return Err(format!("no such event: {other}").into()),
    })
}
