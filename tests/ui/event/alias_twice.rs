use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(aliases("paid-in", "paid-in"))]
struct Deposited {
    cents: i64,
}

fn main() {}
