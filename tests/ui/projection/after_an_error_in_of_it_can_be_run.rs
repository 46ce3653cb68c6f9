use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Accounts;

#[projection(of(), ignores("opened"))]
impl Accounts {
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}
}

async fn project(store: MemoryStore) {
    let _ = Projector::new(store, Accounts).catch_up().await;
}

fn main() {}
