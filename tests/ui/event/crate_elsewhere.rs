use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(crate = crate::es)]
struct Deposited {
    cents: i64,
}

fn main() {}
