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

struct Accounts;

#[projection]
impl Accounts {
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}

    #[handles(Started)]
    fn started(&self, _: &Started) {}
}

fn main() {}
