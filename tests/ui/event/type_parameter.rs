use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
struct Recorded<T>(T);

fn main() {}
