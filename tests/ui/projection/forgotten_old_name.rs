use es_core::prelude::*;

mod written {
    use super::*;

    #[derive(Serialize, Deserialize, Event)]
    #[event(name = "opened", aliases("started"))]
    pub struct Opened;
}

/// The reader's own, which does not know the old name.
#[derive(Serialize, Deserialize, Event)]
#[event(name = "opened")]
struct Opened;

#[derive(Default)]
struct Account;

#[aggregate(name = "account", id = Uuid)]
impl Account {
    #[handles(written::Opened)]
    fn opened(&mut self, _: &written::Opened) {}
}

struct Accounts;

#[projection(of(Account))]
impl Accounts {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
