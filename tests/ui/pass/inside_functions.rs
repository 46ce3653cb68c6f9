//! Types that live in a function, as in a test; one event for several aggregates.

#![deny(warnings)]

fn main() {
    use es_core::prelude::*;

    #[derive(Serialize, Deserialize, Event)]
    struct Opened;

    #[derive(Default)]
    struct Account;

    #[aggregate(id = Uuid)]
    impl Account {
        #[handles(Opened)]
        fn opened(&mut self, _: &Opened) {}
    }

    #[derive(Default)]
    struct Branch;

    #[aggregate(id = Uuid)]
    impl Branch {
        #[handles(Opened)]
        fn opened(&mut self, _: &Opened) {}
    }

    #[derive(Clone, Serialize, Deserialize, ReadModel)]
    #[read_model(table = "rows")]
    struct Row {
        #[read_model(id)]
        account: Uuid,
    }

    struct Accounts;

    #[projection(read_models(Row))]
    impl Accounts {
        #[handles(Opened)]
        async fn opened(&self, _: &Opened, cx: &mut ReadModels<'_>) {
            let account = cx.stream_id();
            let _ = cx.rows::<Row>().get(&account).await;
        }
    }

    fn records<A: Aggregate>(_: impl es_core::IntoEvents<A>) {}
    records::<Account>(Opened);
    records::<Branch>((Opened, Some(Opened), vec![Opened], [Opened]));
    let _ = Projector::new(MemoryStore::new(), Accounts);
}
