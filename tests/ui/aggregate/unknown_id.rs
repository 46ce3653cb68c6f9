use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Default)]
struct Account;

#[aggregate(id = AccountId)]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
