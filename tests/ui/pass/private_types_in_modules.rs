//! Types that are private to nested modules, and handlers that are private to their impl.

#![deny(warnings)]

mod account {
    use es_core::prelude::*;

    mod events {
        use es_core::prelude::*;

        #[derive(Serialize, Deserialize, Event)]
        pub(super) struct Opened;
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Id(Uuid);

    impl AggregateId for Id {
        fn from_uuid(id: Uuid) -> Self {
            Self(id)
        }

        fn uuid(&self) -> Uuid {
            self.0
        }
    }

    struct Account;

    #[aggregate(id = Id)]
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
        let _ = Projector::in_memory(MemoryStore::new(), Accounts(0));
        [Account::NAME, <Accounts as Projection>::NAME]
    }
}

fn main() {
    assert_eq!(account::names(), ["Account", "Accounts"]);
}
