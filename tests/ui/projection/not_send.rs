use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Accounts;

#[projection(name = "accounts")]
impl Accounts {
    #[handles(Opened)]
    async fn opened(&self, _: &Opened) {
        let owner = std::rc::Rc::new(());
        std::future::ready(()).await;
        drop(owner);
    }
}

fn main() {}
