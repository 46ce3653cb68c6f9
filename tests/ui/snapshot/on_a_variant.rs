use es_core::prelude::*;

#[derive(Serialize, Deserialize, Snapshot)]
enum Account {
    #[snapshot(version = 2)]
    Open { owner: String },
    Closed,
}

fn main() {}
