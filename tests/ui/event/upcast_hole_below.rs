use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(version = 4)]
#[upcast(from = 2, with = step)]
#[upcast(from = 3, with = step)]
struct Deposited {
    cents: i64,
}

fn step(json: Json) -> Result<Json, UpcastError> {
    Ok(json)
}

fn main() {}
