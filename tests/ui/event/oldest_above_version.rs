use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(version = 2, oldest = 3)]
struct Deposited {
    cents: i64,
}

fn main() {}
