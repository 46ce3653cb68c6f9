use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Serialize, Deserialize, Event)]
struct Closed;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid)]
impl Account {
    #[handles(Opened)]
    async fn opened(&mut self, _: &Opened) {}

    #[handles(Closed)]
    fn closed(self, _: &Closed) {}
}

fn main() {}
