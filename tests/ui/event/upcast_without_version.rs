use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[upcast(from = 1, with = step)]
struct Deposited {
    cents: i64,
}

fn step(json: Json) -> Result<Json, UpcastError> {
    Ok(json)
}

fn main() {}
