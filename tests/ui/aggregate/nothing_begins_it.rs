use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Account {
    owner: String,
}

#[aggregate(id = Uuid)]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
