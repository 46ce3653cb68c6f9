use es_core::prelude::{Deserialize, Event, Serialize, Uuid, aggregate};

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid)]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
