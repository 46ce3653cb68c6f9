//! What each customer has ordered.

use es_core::prelude::*;
use rust_decimal::Decimal;

use crate::order::{CustomerId, OrderCancelled, OrderId, OrderPlaced, OrderShipped, OrderStatus};

/// A customer: a row for each, found by its own id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "shop_customers")]
pub struct CustomerRow {
    /// Who.
    #[read_model(id)]
    pub customer: CustomerId,
    /// The name of the latest order.
    pub name: String,
    /// How many orders, cancelled ones not counted.
    pub orders: u32,
    /// What these cost.
    pub spent: Decimal,
}

/// An order: a row for each, keyed by its stream. A cancelled one is hidden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "shop_orders")]
pub struct OrderRow {
    /// Which; its stream has the same id.
    #[read_model(id)]
    pub order: OrderId,
    /// How people call it.
    pub number: String,
    /// Whose it is: a cancellation does not say, and is not made to ask another table.
    pub customer: CustomerId,
    /// What it costs.
    pub total: Decimal,
    /// `placed` or `shipped`.
    pub status: String,
    /// Where to ask for it, once it is shipped.
    pub tracking: Option<String>,
}

type Handled = Result<(), ProjectionError>;

/// Keeps [`CustomerRow`] and [`OrderRow`].
#[derive(Debug)]
pub struct Customers;

#[projection(name = "customers", read_models(CustomerRow, OrderRow), of(crate::order::Order))]
impl Customers {
    #[handles(OrderPlaced)]
    async fn placed(&self, event: &OrderPlaced, cx: &mut ReadModels<'_>) -> Handled {
        let order = OrderId::from_uuid(cx.stream_id());
        let OrderPlaced { customer, customer_name, total, .. } = event;
        let row = OrderRow {
            order,
            number: number_of(order),
            customer: *customer,
            total: *total,
            status: OrderStatus::Placed.to_string(),
            tracking: None,
        };
        cx.rows().save(row).await?;

        let mut customers = cx.rows::<CustomerRow>();
        let known = customers.get(customer).await?;
        let (orders, spent) = known.map_or((0, Decimal::ZERO), |row| (row.orders, row.spent));
        let (orders, spent) = (orders + 1, spent + total);
        let name = customer_name.clone();
        customers.save(CustomerRow { customer: *customer, name, orders, spent }).await
    }

    #[handles(OrderShipped)]
    async fn shipped(&self, event: &OrderShipped, cx: &mut ReadModels<'_>) -> Handled {
        let order = OrderId::from_uuid(cx.stream_id());
        let ship = |row: &mut OrderRow| {
            row.status = OrderStatus::Shipped.to_string();
            row.tracking = Some(event.tracking.clone());
        };
        cx.rows().update(&order, ship).await.map(drop)
    }

    #[handles(OrderCancelled)]
    async fn cancelled(&self, event: &OrderCancelled, cx: &mut ReadModels<'_>) -> Handled {
        let order = OrderId::from_uuid(cx.stream_id());
        let mut orders = cx.rows::<OrderRow>();
        // Of an order that is not there nothing can be taken back; whether it may be cancelled was the order's to say.
        let Some(row) = orders.get(&order).await? else { return Ok(()) };
        orders.soft_delete(&order).await?;
        let take_back = |row: &mut CustomerRow| {
            row.orders = row.orders.saturating_sub(1);
            row.spent -= event.total;
        };
        cx.rows().update(&row.customer, take_back).await.map(drop)
    }
}

/// The first eight digits of the id: enough to talk about.
fn number_of(order: OrderId) -> String {
    let digits = order.uuid().simple().to_string().to_uppercase();
    format!("ORD-{}", &digits[digits.len() - 8..])
}
