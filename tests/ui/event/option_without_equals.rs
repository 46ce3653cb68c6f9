use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name "opened")]
struct Opened;

fn main() {}
