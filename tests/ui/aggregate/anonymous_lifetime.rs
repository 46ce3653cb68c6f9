use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Account<'a>(&'a str);

#[aggregate(id = Uuid)]
impl Account<'_> {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
