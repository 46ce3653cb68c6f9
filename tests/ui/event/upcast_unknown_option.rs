use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(version = 2)]
#[upcast(from = 1, to = 2, with = step)]
struct Deposited {
    cents: i64,
}

fn step(json: Json) -> Result<Json, UpcastError> {
    Ok(json)
}

fn main() {}
