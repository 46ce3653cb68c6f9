use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(nane = "opened")]
struct Opened;

fn main() {}
