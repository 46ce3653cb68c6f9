use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

trait Account {}

#[aggregate(id = Uuid)]
impl dyn Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
