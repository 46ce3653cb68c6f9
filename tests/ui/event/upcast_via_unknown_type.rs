use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(version = 2)]
#[upcast(from = 1, via = DepositedV1)]
struct Deposited {
    cents: i64,
}

fn main() {}
