use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(version = -1)]
struct Opened;

fn main() {}
