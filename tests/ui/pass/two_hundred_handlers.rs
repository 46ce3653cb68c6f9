//! Two hundred handlers in one block.

#![deny(warnings)]

use es_core::prelude::*;

macro_rules! handlers {
    ($sum:ident, $seen:ident: $($event:ident $method:ident,)+) => {
        $(
            #[derive(Serialize, Deserialize, Event)]
            struct $event(u64);
        )+

        #[derive(Default)]
        struct $sum(u64);

        #[aggregate(id = Uuid)]
        impl $sum {
            $(
                #[handles($event)]
                fn $method(&mut self, event: &$event) {
                    self.0 += event.0;
                }
            )+
        }

        struct $seen(u64);

        #[projection]
        impl $seen {
            $(
                #[handles($event)]
                async fn $method(&mut self, event: &$event) {
                    self.0 += event.0;
                }
            )+
        }

        fn all() -> es_core::Events<$sum> {
            let mut events = es_core::Events::new();
            $(events.push($event(1));)+
            events
        }
    };
}

handlers! {
    Sum, Seen:
    E0 e0, E1 e1, E2 e2, E3 e3, E4 e4, E5 e5, E6 e6, E7 e7, E8 e8, E9 e9, E10 e10, E11 e11, E12 e12, E13 e13,
    E14 e14, E15 e15, E16 e16, E17 e17, E18 e18, E19 e19, E20 e20, E21 e21, E22 e22, E23 e23, E24 e24,
    E25 e25, E26 e26, E27 e27, E28 e28, E29 e29, E30 e30, E31 e31, E32 e32, E33 e33, E34 e34, E35 e35,
    E36 e36, E37 e37, E38 e38, E39 e39, E40 e40, E41 e41, E42 e42, E43 e43, E44 e44, E45 e45, E46 e46,
    E47 e47, E48 e48, E49 e49, E50 e50, E51 e51, E52 e52, E53 e53, E54 e54, E55 e55, E56 e56, E57 e57,
    E58 e58, E59 e59, E60 e60, E61 e61, E62 e62, E63 e63, E64 e64, E65 e65, E66 e66, E67 e67, E68 e68,
    E69 e69, E70 e70, E71 e71, E72 e72, E73 e73, E74 e74, E75 e75, E76 e76, E77 e77, E78 e78, E79 e79,
    E80 e80, E81 e81, E82 e82, E83 e83, E84 e84, E85 e85, E86 e86, E87 e87, E88 e88, E89 e89, E90 e90,
    E91 e91, E92 e92, E93 e93, E94 e94, E95 e95, E96 e96, E97 e97, E98 e98, E99 e99, E100 e100, E101 e101,
    E102 e102, E103 e103, E104 e104, E105 e105, E106 e106, E107 e107, E108 e108, E109 e109, E110 e110,
    E111 e111, E112 e112, E113 e113, E114 e114, E115 e115, E116 e116, E117 e117, E118 e118, E119 e119,
    E120 e120, E121 e121, E122 e122, E123 e123, E124 e124, E125 e125, E126 e126, E127 e127, E128 e128,
    E129 e129, E130 e130, E131 e131, E132 e132, E133 e133, E134 e134, E135 e135, E136 e136, E137 e137,
    E138 e138, E139 e139, E140 e140, E141 e141, E142 e142, E143 e143, E144 e144, E145 e145, E146 e146,
    E147 e147, E148 e148, E149 e149, E150 e150, E151 e151, E152 e152, E153 e153, E154 e154, E155 e155,
    E156 e156, E157 e157, E158 e158, E159 e159, E160 e160, E161 e161, E162 e162, E163 e163, E164 e164,
    E165 e165, E166 e166, E167 e167, E168 e168, E169 e169, E170 e170, E171 e171, E172 e172, E173 e173,
    E174 e174, E175 e175, E176 e176, E177 e177, E178 e178, E179 e179, E180 e180, E181 e181, E182 e182,
    E183 e183, E184 e184, E185 e185, E186 e186, E187 e187, E188 e188, E189 e189, E190 e190, E191 e191,
    E192 e192, E193 e193, E194 e194, E195 e195, E196 e196, E197 e197, E198 e198, E199 e199,
}

/// The memory store never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut cx) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => panic!("the memory store waits"),
    }
}

fn main() {
    assert_eq!((Sum::HANDLERS.len(), Seen::SUBSCRIBED_TO.len()), (200, 200));
    let store = MemoryStore::new();
    let sums = Repository::<Sum, _>::new(store.clone());
    now(sums.create(Uuid::from_u128(1), all())).expect("stored");
    assert_eq!(now(sums.load(Uuid::from_u128(1))).expect("loads").state().0, 200);
    let mut seen = Projector::in_memory(store, Seen(0));
    now(seen.catch_up()).expect("projects");
    assert_eq!(seen.projection().0, 200);
}
