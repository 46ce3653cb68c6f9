use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(version = 2)]
#[upcast(from = 1, with = step)]
struct Deposited {
    cents: i64,
}

fn main() {}
