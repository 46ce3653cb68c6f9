use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(version = 2)]
#[upcast(from = 1, with = step)]
#[upcast(from = 1, via = DepositedV1)]
struct Deposited {
    cents: i64,
}

fn step(json: Json) -> Result<Json, UpcastError> {
    Ok(json)
}

#[derive(Deserialize)]
struct DepositedV1 {
    amount: String,
}

impl From<DepositedV1> for Deposited {
    fn from(old: DepositedV1) -> Self {
        Self { cents: old.amount.parse().unwrap_or_default() }
    }
}

fn main() {}
