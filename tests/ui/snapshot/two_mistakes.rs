use es_core::prelude::*;

#[derive(Serialize, Deserialize, Snapshot)]
#[snapshot(version = 0)]
struct Account<T> {
    owner: T,
}

fn main() {}
