use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Default)]
struct Account;

#[aggregate(name = "account")]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
