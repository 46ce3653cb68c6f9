use es_core::prelude::*;

#[derive(Serialize, Deserialize)]
struct Opened;

impl Event for Opened {
    const NAME: &'static str = "account-opened";
    const ALIASES: &'static [&'static str] = &["opened"];
}

#[derive(Serialize, Deserialize, Event)]
#[event(name = "opened")]
struct Started;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid)]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}

    #[handles(Started)]
    fn started(&mut self, _: &Started) {}
}

fn main() {}
