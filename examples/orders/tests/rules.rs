//! The order's rules, given what happened, when a decision is made, then what is recorded.

use es_core::prelude::*;
use es_core::testing::{given, given_nothing};
use orders::order::{
    CustomerId, Line, Order, OrderCancelled, OrderError, OrderPlaced, OrderShipped, OrderStatus,
};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

fn ada() -> CustomerId {
    CustomerId::from_uuid(Uuid::from_u128(1))
}

fn lines() -> Vec<Line> {
    vec![Line::new(2, "notebook", dec!(4.50)), Line::new(1, "pen", dec!(12))]
}

fn placed() -> OrderPlaced {
    OrderPlaced { customer: ada(), customer_name: "Ada".into(), lines: lines(), total: dec!(21.00) }
}

fn shipped() -> OrderShipped {
    OrderShipped { tracking: "T-1".into() }
}

fn cancelled() -> OrderCancelled {
    OrderCancelled { reason: "too late".into(), total: dec!(21.00) }
}

#[test]
fn an_order_is_placed_with_its_total() {
    given_nothing::<Order>()
        .when_creating(|| Order::place(ada(), "Ada", lines()))
        .then(placed())
        .then_state(|order| assert_eq!(order.status(), OrderStatus::Placed))
        .then_reconstructs();
}

#[test]
fn an_order_is_of_something_at_a_price() {
    let refused = |lines| Order::place(ada(), "Ada", lines).unwrap_err();
    assert_eq!(refused(vec![]), OrderError::NoLines);
    assert_eq!(refused(vec![Line::new(0, "pen", dec!(12))]), OrderError::NoneOf("pen".into()));
    for price in [Decimal::ZERO, dec!(-1)] {
        let expected = OrderError::NotAPrice { product: "pen".into(), price };
        assert_eq!(refused(vec![Line::new(1, "pen", price)]), expected);
    }
}

#[test]
fn what_was_placed_is_shipped_or_cancelled() {
    given::<Order>(placed())
        .when(|order| order.ship("T-1"))
        .then(shipped())
        .then_state(|order| assert_eq!(order.status(), OrderStatus::Shipped));
    given::<Order>(placed())
        .when(|order| order.cancel("too late"))
        .then(cancelled())
        .then_state(|order| assert_eq!(order.status(), OrderStatus::Cancelled));
}

#[test]
fn nothing_follows_on_shipped_or_cancelled() {
    use OrderStatus::{Cancelled, Shipped};
    let refused = |from, to| OrderError::InvalidTransition { from, to };
    let sent = || given::<Order>((placed(), shipped()));
    sent().when(|order| order.ship("T-2")).then_error(refused(Shipped, Shipped));
    sent().when(|order| order.cancel("late")).then_error(refused(Shipped, Cancelled));
    let off = || given::<Order>((placed(), cancelled()));
    off().when(|order| order.ship("T-2")).then_error(refused(Cancelled, Shipped));
    off().when(|order| order.cancel("late")).then_error(refused(Cancelled, Cancelled));
}
