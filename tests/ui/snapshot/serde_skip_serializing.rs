use es_core::prelude::*;

#[derive(Serialize, Deserialize, Snapshot)]
enum Account {
    Open {
        #[serde(default, skip_serializing)]
        owner: String,
    },
    Closed(#[serde(skip_deserializing)] u8),
}

fn main() {}
