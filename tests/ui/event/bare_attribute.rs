use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event]
struct Opened;

fn main() {}
