//! What waits to be shipped: state in the struct, and the questions about it beside.

use std::collections::BTreeMap;

use es_core::prelude::*;
use rust_decimal::Decimal;

use crate::order::{OrderCancelled, OrderId, OrderPlaced, OrderShipped};

/// An order that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOrder {
    /// Who waits.
    pub customer_name: String,
    /// For how much.
    pub total: Decimal,
    /// Since when.
    pub placed_at: DateTime<Utc>,
}

/// All that wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many orders.
    pub orders: usize,
    /// What they cost.
    pub value: Decimal,
    /// Since when the oldest of them waits.
    pub oldest: Option<DateTime<Utc>>,
}

/// The orders that are neither shipped nor cancelled. Kept in memory, and found out anew in each process.
#[derive(Debug, Default)]
pub struct OpenOrders {
    orders: BTreeMap<OrderId, OpenOrder>,
}

#[projection(name = "open-orders", of(crate::order::Order))]
impl OpenOrders {
    #[handles(OrderPlaced)]
    fn placed(&mut self, event: &OrderPlaced, cx: &EventContext<'_>) {
        let (customer_name, total) = (event.customer_name.clone(), event.total);
        let order = OpenOrder { customer_name, total, placed_at: cx.occurred_at };
        self.orders.insert(OrderId::from_uuid(cx.stream.id()), order);
    }

    #[handles(OrderShipped)]
    fn shipped(&mut self, _: &OrderShipped, cx: &EventContext<'_>) {
        self.orders.remove(&OrderId::from_uuid(cx.stream.id()));
    }

    #[handles(OrderCancelled)]
    fn cancelled(&mut self, _: &OrderCancelled, cx: &EventContext<'_>) {
        self.orders.remove(&OrderId::from_uuid(cx.stream.id()));
    }

    #[reset]
    fn empty(&mut self) {
        self.orders.clear();
    }

    /// All that wait.
    pub fn get_summary(&self) -> Summary {
        let open = self.orders.values();
        Summary {
            orders: open.len(),
            value: open.clone().map(|order| order.total).sum(),
            oldest: open.map(|order| order.placed_at).min(),
        }
    }

    /// Those that have waited longest, first the one that has waited most.
    pub fn waiting_longest(&self, limit: usize) -> Vec<&OpenOrder> {
        let mut orders: Vec<_> = self.orders.values().collect();
        orders.sort_by_key(|order| order.placed_at);
        orders.truncate(limit);
        orders
    }

    /// Whether one waits.
    pub fn is_open(&self, order: OrderId) -> bool {
        self.orders.contains_key(&order)
    }
}
