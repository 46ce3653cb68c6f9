use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

type AlsoOpened = Opened;

struct Accounts;

#[projection(name = "accounts")]
impl Accounts {
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}

    #[handles(AlsoOpened)]
    fn opened_again(&self, _: &AlsoOpened) {}
}

fn main() {}
