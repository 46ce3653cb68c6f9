use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(name = "opened")]
struct Opened;

#[derive(Serialize, Deserialize, Event)]
#[event(name = "closed")]
struct Closed;

#[derive(Serialize, Deserialize, Event)]
#[event(name = "audited")]
struct Audited;

#[derive(Default)]
struct Account;

#[aggregate(name = "account", id = Uuid, ignores(Audited))]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}

    #[handles(Closed)]
    fn closed(&mut self, _: &Closed) {}
}

type AlsoOpened = Opened;

struct Accounts;

#[projection(of(Account), ignores(AlsoOpened, Closed, Audited))]
impl Accounts {
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}
}

fn main() {}
