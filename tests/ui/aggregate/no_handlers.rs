use es_core::prelude::*;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid)]
impl Account {
    fn is_open(&self) -> bool {
        true
    }
}

fn main() {}
