use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Default)]
struct Account<T>(T);

#[aggregate(id = Uuid)]
impl<T> Account<T> {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
