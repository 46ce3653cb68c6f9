use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name)]
struct Opened;

fn main() {}
