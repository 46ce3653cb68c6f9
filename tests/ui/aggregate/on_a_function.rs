use es_core::prelude::*;

#[aggregate(name = "account", id = Uuid)]
pub fn open() {}

fn main() {}
