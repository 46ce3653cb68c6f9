use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Default, Serialize, Deserialize, Snapshot)]
struct Account;

#[aggregate(id = Uuid, snapshot(every = "100"))]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
