use es_core::prelude::*;

#[derive(Debug, Event)]
struct Opened;

fn main() {}
