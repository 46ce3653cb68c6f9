use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "opened\n")]
struct Opened;

fn main() {}
