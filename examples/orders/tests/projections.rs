//! What the projections make of events: given what happened, then what there is to read. On the memory store, which keeps
//! rows as PostgreSQL does.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use es_core::prelude::*;
use es_core::{NewEvent, StreamAppend};
use orders::history::customer;
use orders::order::{Line, Order, OrderCancelled, OrderId, OrderPlaced, OrderShipped};
use orders::projections::{
    CustomerRow, Customers, OpenOrders, OrderRow, Revenue, RevenueDay, day_of,
};
use orders::queries::OrderQueries;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

/// A log that is written event by event.
#[derive(Default)]
struct Given {
    store: MemoryStore,
}

impl Given {
    async fn event<E: Event>(&self, order: OrderId, event: E, time: &str) {
        let event = NewEvent::of(&event).unwrap().occurred_at(time.parse().unwrap());
        let stream = Order::stream_id(order).unwrap();
        let append = StreamAppend::new(stream, ExpectedVersion::Any, vec![event]);
        self.store.append(append).await.unwrap();
    }

    /// Two orders of Ada's, one of Grace's; one is shipped, one cancelled.
    async fn a_little_history(&self) -> [OrderId; 3] {
        let ids = [1, 2, 3].map(|n| OrderId::from_uuid(Uuid::from_u128(n)));
        self.event(ids[0], placed("Ada", dec!(20)), "2026-03-02T09:00:00Z").await;
        self.event(ids[1], placed("Grace", dec!(25.50)), "2026-03-02T23:59:59.999Z").await;
        self.event(ids[2], placed("Ada", dec!(0.5)), "2026-03-03T00:00:00Z").await;
        self.event(ids[0], OrderShipped { tracking: "T-1".into() }, "2026-03-03T10:00:00Z").await;
        let off = OrderCancelled { reason: "late".into(), total: dec!(25.50) };
        self.event(ids[1], off, "2026-03-04T12:00:00Z").await;
        ids
    }

    /// Runs a projection that keeps rows.
    async fn projected<P: Projection + Sync>(self, projection: P) -> MemoryStore {
        for table in P::READ_MODELS {
            self.store.ensure_table(table).await.unwrap();
        }
        Projector::new(self.store.clone(), projection).catch_up().await.unwrap();
        self.store
    }
}

fn placed(name: &str, total: Decimal) -> OrderPlaced {
    let lines = vec![Line::new(1, "something", total)];
    OrderPlaced { customer: customer(name), customer_name: name.into(), lines, total }
}

#[tokio::test]
async fn a_customer_has_orders_and_what_they_cost() {
    let given = Given::default();
    given.a_little_history().await;
    let store = given.projected(Customers).await;
    let row = |name: &str, orders, spent| CustomerRow {
        customer: customer(name),
        name: name.into(),
        orders,
        spent,
    };
    let queries = OrderQueries::new(store);
    let expected = [row("Ada", 2, dec!(20.5)), row("Grace", 0, dec!(0))];
    assert_eq!(queries.top_customers(10).await.unwrap(), expected);
    assert_eq!(queries.top_customers(1).await.unwrap(), expected[..1]);
}

#[tokio::test]
async fn a_cancelled_order_is_hidden_and_kept() {
    let given = Given::default();
    let ids = given.a_little_history().await;
    let store = given.projected(Customers).await;
    assert_eq!(store.row::<OrderRow>(&ids[1]).await.unwrap(), None);
    let kept = store.stored::<OrderRow>(&ids[1]).await.unwrap().unwrap();
    assert_eq!(kept.row.number, "ORD-00000002");
    assert_eq!(
        kept.info.deleted_at.map(|at| at.to_rfc3339()).as_deref(),
        Some("2026-03-04T12:00:00+00:00")
    );

    let queries = OrderQueries::new(store);
    assert_eq!(queries.count_orders().await.unwrap(), (2, 3));
    let numbers = |rows: Vec<OrderRow>| rows.into_iter().map(|row| row.number).collect::<Vec<_>>();
    let all = queries.orders_of(customer("Ada"), None).await.unwrap();
    assert_eq!(numbers(all), ["ORD-00000001", "ORD-00000003"]);
    let shipped = queries.orders_of(customer("Ada"), Some("shipped")).await.unwrap();
    assert_eq!(shipped[0].tracking.as_deref(), Some("T-1"));
    assert_eq!(numbers(shipped), ["ORD-00000001"]);
    assert_eq!(queries.orders_of(customer("Grace"), None).await.unwrap(), []);
}

#[tokio::test]
async fn a_day_is_that_of_the_event() {
    let given = Given::default();
    given.a_little_history().await;
    let store = given.projected(Revenue).await;
    let day = |day: &str, orders, placed, paid_back| RevenueDay {
        day: day.into(),
        orders,
        placed,
        paid_back,
    };
    let days = OrderQueries::new(store).revenue().await.unwrap();
    let expected = [
        day("2026-03-02", 2, dec!(45.50), dec!(0)),
        day("2026-03-03", 1, dec!(0.5), dec!(0)),
        day("2026-03-04", 0, dec!(0), dec!(25.50)),
    ];
    assert_eq!(days, expected, "what is paid back changes no day that is over");
    assert_eq!(days.iter().map(RevenueDay::revenue).sum::<Decimal>(), dec!(20.5));
    assert_eq!(day_of("2026-03-02T23:59:59+00:00".parse().unwrap()), "2026-03-02");
}

#[tokio::test]
async fn what_waits_is_kept_in_memory() {
    let given = Given::default();
    let ids = given.a_little_history().await;
    let mut projector = Projector::in_memory(given.store, OpenOrders::default());
    projector.catch_up().await.unwrap();
    let open = projector.projection();
    assert_eq!(ids.map(|id| open.is_open(id)), [false, false, true]);
    let summary = open.get_summary();
    assert_eq!((summary.orders, summary.value), (1, dec!(0.5)));
    assert_eq!(summary.oldest, Some("2026-03-03T00:00:00Z".parse().unwrap()));
    assert_eq!(open.waiting_longest(5)[0].customer_name, "Ada");
    assert!(open.waiting_longest(0).is_empty());
}

#[tokio::test]
async fn who_has_waited_longest_is_first() {
    let given = Given::default();
    let order = |n| OrderId::from_uuid(Uuid::from_u128(n));
    given.event(order(1), placed("Ada", dec!(1)), "2026-03-03T00:00:00Z").await;
    given.event(order(2), placed("Grace", dec!(1)), "2026-03-01T00:00:00Z").await;
    let mut projector = Projector::in_memory(given.store, OpenOrders::default());
    projector.catch_up().await.unwrap();
    let names = |limit| {
        let longest = projector.projection().waiting_longest(limit);
        longest.into_iter().map(|order| order.customer_name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(names(2), ["Grace", "Ada"]);
    assert_eq!(names(1), ["Grace"]);
}

/// Whether an order may be shipped or cancelled is for the order to say: a projection takes what it is given.
#[tokio::test]
async fn what_was_never_placed_changes_no_row() {
    let given = Given::default();
    let order = OrderId::from_uuid(Uuid::from_u128(9));
    let off = OrderCancelled { reason: "late".into(), total: dec!(5) };
    given.event(order, OrderShipped { tracking: "T-9".into() }, "2026-03-03T10:00:00Z").await;
    given.event(order, off, "2026-03-03T11:00:00Z").await;
    let store = given.projected(Customers).await;
    assert_eq!(store.rows::<OrderRow>().await.unwrap(), []);
    assert_eq!(store.rows::<CustomerRow>().await.unwrap(), []);
}
