//! Types that are private to nested modules, and handlers that are private to their impl.

#![deny(warnings)]

mod account {
    use es_core::prelude::*;

    mod events {
        use es_core::prelude::*;

        #[derive(Serialize, Deserialize, Event)]
        pub(super) struct Opened;
    }

    mod ids {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, es_core::AggregateId)]
        #[aggregate_id(category = "Account")]
        pub(in crate::account) struct Id(es_core::prelude::Uuid);
    }

    struct Account;

    #[aggregate(id = ids::Id)]
    impl Account {
        #[handles(events::Opened)]
        fn opened(_: &events::Opened) -> Self {
            Self
        }
    }

    struct Accounts(u32);

    #[projection]
    impl Accounts {
        #[handles(self::events::Opened)]
        fn opened(&mut self, _: &events::Opened) {
            self.0 += 1;
        }
    }

    pub(super) fn names() -> [&'static str; 2] {
        let _ = Repository::<Account, _>::new(MemoryStore::new());
        assert_eq!(ids::Id::from_name("DE12"), Account::id_from_name("DE12"));
        let _ = Projector::in_memory(MemoryStore::new(), Accounts(0));
        [Account::NAME, <Accounts as Projection>::NAME]
    }
}

fn main() {
    assert_eq!(account::names(), ["Account", "Accounts"]);
}
