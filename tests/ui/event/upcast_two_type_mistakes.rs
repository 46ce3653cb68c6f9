use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(version = 3)]
#[upcast(from = 1, with = missing)]
#[upcast(from = 2, via = DepositedV1)]
struct Deposited {
    cents: i64,
}

#[derive(Deserialize)]
struct DepositedV1 {
    amount: String,
}

fn main() {}
