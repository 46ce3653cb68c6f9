use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(version = 2)]
#[upcast(from = 1, via = Old)]
struct Deposited {
    cents: i64,
}

type Old = Deposited;

fn main() {}
