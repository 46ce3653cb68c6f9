//! The order: its events, its state, its rules.

use std::fmt;

use es_core::prelude::*;
use rust_decimal::Decimal;
use thiserror::Error;

/// Identifies an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, AggregateId)]
#[aggregate_id(category = "order")]
pub struct OrderId(Uuid);

/// Identifies a customer, of whom the shop keeps nothing but what is in the orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, AggregateId)]
#[aggregate_id(category = "customer")]
pub struct CustomerId(Uuid);

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What.
    pub product: String,
    /// How many.
    pub quantity: u32,
    /// What one of it costs, on the day of the order.
    pub price: Decimal,
}

impl Line {
    /// So many of a product.
    pub fn new(quantity: u32, product: &str, price: Decimal) -> Self {
        Self { product: product.to_owned(), quantity, price }
    }

    /// What the line costs.
    pub fn total(&self) -> Decimal {
        self.price * Decimal::from(self.quantity)
    }
}

/// A customer has ordered. It says all that a reader may need: projections look nothing up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "order-placed")]
pub struct OrderPlaced {
    /// Who.
    pub customer: CustomerId,
    /// Under which name.
    pub customer_name: String,
    /// What.
    pub lines: Vec<Line>,
    /// What all of it costs.
    pub total: Decimal,
}

/// The order has left the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "order-shipped")]
pub struct OrderShipped {
    /// Where to ask for it.
    pub tracking: String,
}

/// The order is off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Event)]
#[event(name = "order-cancelled")]
pub struct OrderCancelled {
    /// Why.
    pub reason: String,
    /// What is paid back.
    pub total: Decimal,
}

/// Where an order is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OrderStatus {
    /// To be shipped.
    Placed,
    /// Gone.
    Shipped,
    /// Off.
    Cancelled,
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Placed => "placed",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
        })
    }
}

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OrderError {
    /// Nothing was ordered.
    #[error("an order has at least one line")]
    NoLines,
    /// None of something was ordered.
    #[error("an order has at least one of each product, not 0 of `{0}`")]
    NoneOf(String),
    /// Nothing is for free.
    #[error("`{product}` cannot cost {price}")]
    NotAPrice {
        /// Of what.
        product: String,
        /// What it would cost.
        price: Decimal,
    },
    /// It is too late, or too early.
    #[error("an order that is {from} cannot become {to}")]
    InvalidTransition {
        /// What it is.
        from: OrderStatus,
        /// What it was to be.
        to: OrderStatus,
    },
}

/// An order, as its events made it: what the rules look at, and no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    total: Decimal,
    status: OrderStatus,
}

#[aggregate(name = "order", id = OrderId)]
impl Order {
    #[handles(OrderPlaced)]
    fn placed(event: &OrderPlaced) -> Self {
        Self { total: event.total, status: OrderStatus::Placed }
    }

    #[handles(OrderShipped)]
    fn shipped(&mut self, _: &OrderShipped) {
        self.status = OrderStatus::Shipped;
    }

    #[handles(OrderCancelled)]
    fn cancelled(&mut self, _: &OrderCancelled) {
        self.status = OrderStatus::Cancelled;
    }

    /// Places an order.
    ///
    /// # Errors
    /// When nothing is ordered, none of something, or something at no price.
    pub fn place(
        customer: CustomerId,
        customer_name: &str,
        lines: Vec<Line>,
    ) -> Result<OrderPlaced, OrderError> {
        if lines.is_empty() {
            return Err(OrderError::NoLines);
        }
        for Line { product, quantity, price } in &lines {
            if *quantity == 0 {
                return Err(OrderError::NoneOf(product.clone()));
            }
            if *price <= Decimal::ZERO {
                return Err(OrderError::NotAPrice { product: product.clone(), price: *price });
            }
        }
        let total = lines.iter().map(Line::total).sum();
        Ok(OrderPlaced { customer, customer_name: customer_name.to_owned(), lines, total })
    }

    /// Ships it.
    ///
    /// # Errors
    /// When it is shipped already, or cancelled.
    pub fn ship(&self, tracking: &str) -> Result<OrderShipped, OrderError> {
        self.may_become(OrderStatus::Shipped)?;
        Ok(OrderShipped { tracking: tracking.to_owned() })
    }

    /// Cancels it.
    ///
    /// # Errors
    /// When it is shipped, or cancelled already.
    pub fn cancel(&self, reason: &str) -> Result<OrderCancelled, OrderError> {
        self.may_become(OrderStatus::Cancelled)?;
        Ok(OrderCancelled { reason: reason.to_owned(), total: self.total })
    }

    /// Where it is in its life.
    pub const fn status(&self) -> OrderStatus {
        self.status
    }

    /// Only from what was placed does anything follow.
    fn may_become(&self, to: OrderStatus) -> Result<(), OrderError> {
        let from = self.status;
        let allowed = from == OrderStatus::Placed;
        if allowed { Ok(()) } else { Err(OrderError::InvalidTransition { from, to }) }
    }
}
