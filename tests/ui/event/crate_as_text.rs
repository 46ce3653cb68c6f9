use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(crate = "es_core")]
struct Deposited {
    cents: i64,
}

fn main() {}
