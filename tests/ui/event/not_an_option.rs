use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event("opened")]
struct Opened;

fn main() {}
