use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "opened",, version = 2)]
struct Opened;

fn main() {}
