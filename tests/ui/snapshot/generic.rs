use es_core::prelude::*;

#[derive(Serialize, Deserialize, Snapshot)]
struct Account<T> {
    owner: T,
}

fn main() {}
