use es_core::prelude::*;

#[derive(Serialize, Deserialize, Snapshot)]
struct Account<'a> {
    owner: &'a str,
}

fn main() {}
