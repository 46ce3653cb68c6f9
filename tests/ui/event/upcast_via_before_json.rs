use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(version = 3)]
#[upcast(from = 1, via = DepositedV1)]
#[upcast(from = 2, with = step)]
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

fn main() {}
