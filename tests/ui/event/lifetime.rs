use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
struct Opened<'a> {
    owner: &'a str,
}

fn main() {}
