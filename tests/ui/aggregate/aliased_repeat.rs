use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

type AlsoOpened = Opened;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid)]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}

    #[handles(AlsoOpened)]
    fn opened_again(&mut self, _: &AlsoOpened) {}
}

fn main() {}
