//! An account whose state tells of every event what a handler may know.

use std::collections::BTreeMap;

use es_core::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(name = "opened")]
pub(crate) struct Opened {
    pub(crate) owner: String,
}

/// Its first version had `amount`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(name = "deposited", version = 2)]
#[upcast(from = 1, with = in_cents)]
pub(crate) struct Deposited {
    pub(crate) cents: i64,
}

fn in_cents(json: Json) -> Result<Json, UpcastError> {
    let mut fields = es_core::upcast::fields(json)?;
    let amount = fields.remove("amount").and_then(|amount| amount.as_i64()).unwrap_or_default();
    fields.insert("cents".into(), (amount * 100).into());
    Ok(fields.into())
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(name = "noted")]
pub(crate) struct Noted {
    pub(crate) text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Snapshot)]
pub(crate) struct Account {
    pub(crate) owner: String,
    pub(crate) cents: i64,
    pub(crate) notes: BTreeMap<u64, Note>,
    pub(crate) last_change: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Snapshot)]
pub(crate) struct Note {
    text: String,
    by: Option<String>,
}

#[aggregate(name = "account", id = Uuid, snapshot(every = 10))]
impl Account {
    #[handles(Opened)]
    fn opened(event: &Opened, cx: &EventContext<'_>) -> Self {
        let owner = event.owner.clone();
        Self { owner, cents: 0, notes: BTreeMap::new(), last_change: cx.occurred_at }
    }

    #[handles(Deposited)]
    fn deposited(&mut self, event: &Deposited, cx: &EventContext<'_>) {
        self.cents += event.cents;
        self.last_change = cx.occurred_at;
    }

    #[handles(Noted)]
    fn noted(&mut self, event: &Noted, cx: &EventContext<'_>) {
        let note = Note { text: event.text.clone(), by: cx.metadata.actor.clone() };
        self.notes.insert(cx.version.get(), note);
        self.last_change = cx.occurred_at;
    }

    pub(crate) fn deposit(&self, cents: i64) -> Result<Deposited, &'static str> {
        if self.cents.checked_add(cents).is_none() {
            Err("too much")
        } else {
            Ok(Deposited { cents })
        }
    }
}

pub(crate) fn opened() -> Opened {
    Opened { owner: "Ada".to_owned() }
}

pub(crate) fn deposits(count: usize) -> Vec<Deposited> {
    vec![Deposited { cents: 1 }; count]
}
