use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Account;

impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
