use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(aliases())]
struct Deposited {
    cents: i64,
}

fn main() {}
