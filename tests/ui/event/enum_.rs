use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
enum AccountEvent {
    Opened { owner: String },
    Closed,
}

fn main() {}
