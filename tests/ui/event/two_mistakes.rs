use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "", version = 0)]
struct Opened;

fn main() {}
