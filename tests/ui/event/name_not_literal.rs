use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = OPENED)]
struct Opened;

const OPENED: &str = "opened";

fn main() {}
