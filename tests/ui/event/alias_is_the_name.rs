use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(name = "deposited", aliases("deposited"))]
struct Deposited {
    cents: i64,
}

fn main() {}
