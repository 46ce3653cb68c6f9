use es_core::prelude::*;

#[derive(Serialize, Deserialize, Snapshot)]
struct Account {
    owner: String,
    #[serde(skip)]
    shown: String,
}

fn main() {}
