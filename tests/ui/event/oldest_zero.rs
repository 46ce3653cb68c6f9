use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(version = 2, oldest = 0)]
#[upcast(from = 1, with = step)]
struct Deposited {
    cents: i64,
}

fn step(json: Json) -> Result<Json, UpcastError> {
    Ok(json)
}

fn main() {}
