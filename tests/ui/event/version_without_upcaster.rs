use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(version = 2)]
struct Deposited {
    cents: i64,
}

fn main() {}
