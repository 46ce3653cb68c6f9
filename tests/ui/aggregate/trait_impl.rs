use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Default)]
struct Account;

trait Opens {
    fn opened(&mut self, event: &Opened);
}

#[aggregate(id = Uuid)]
impl Opens for Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
