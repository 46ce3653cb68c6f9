//! The write side: commands are values; what they change is said by their handler alone.

use std::error::Error;

use es_core::prelude::*;
use es_core::{Committed, LoadError, SaveError};
use thiserror::Error;

use crate::order::{CustomerId, Line, Order, OrderError, OrderId};

/// Order something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceOrder {
    /// Which order it will be: whoever asks makes the id, so that asking twice places one order.
    pub order: OrderId,
    /// Who orders.
    pub customer: CustomerId,
    /// Under which name.
    pub customer_name: String,
    /// What.
    pub lines: Vec<Line>,
}

/// Ship an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShipOrder {
    /// Which.
    pub order: OrderId,
    /// Where to ask for it.
    pub tracking: String,
}

/// Cancel an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelOrder {
    /// Which.
    pub order: OrderId,
    /// Why.
    pub reason: String,
}

/// Why a command has changed nothing.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no such order.
    #[error("there is no order {0}")]
    OrderNotFound(OrderId),
    /// The order is there already.
    #[error("the order {0} is placed already")]
    AlreadyPlaced(OrderId),
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] OrderError),
    /// The store has failed, or was not sure.
    #[error("the order cannot be read or stored")]
    Store(#[source] Box<dyn Error + Send + Sync>),
}

/// Handles the commands: load, decide, append. What it returns says where the events are, so that a reader can wait for them.
#[derive(Debug, Clone)]
pub struct OrderCommands<S> {
    orders: Repository<Order, S>,
}

impl<S: EventStore + Clone> OrderCommands<S> {
    /// On a store, for one shop of those that share it.
    pub fn new(store: S, shop: &str) -> Self {
        let orders = Repository::new(store).with_metadata(Metadata::new().tenant(shop));
        Self { orders }
    }

    /// Places an order.
    ///
    /// # Errors
    /// [`CommandError`]: nothing is stored.
    pub async fn place(&self, command: PlaceOrder) -> Result<Committed, CommandError> {
        let PlaceOrder { order, customer, customer_name, lines } = command;
        let placed = Order::place(customer, &customer_name, lines)?;
        self.orders.create(order, placed).await.map_err(|error| match error {
            SaveError::AlreadyExists { .. } => CommandError::AlreadyPlaced(order),
            error => CommandError::Store(error.into()),
        })
    }

    /// Ships an order.
    ///
    /// # Errors
    /// [`CommandError`]: nothing is stored.
    pub async fn ship(&self, command: &ShipOrder) -> Result<Committed, CommandError> {
        let ShipOrder { order, tracking } = command;
        let shipped = self.orders.execute(*order, |order| order.ship(tracking)).await;
        shipped.map_err(|error| refused(*order, error))
    }

    /// Cancels an order.
    ///
    /// # Errors
    /// [`CommandError`]: nothing is stored.
    pub async fn cancel(&self, command: &CancelOrder) -> Result<Committed, CommandError> {
        let CancelOrder { order, reason } = command;
        let cancelled = self.orders.execute(*order, |order| order.cancel(reason)).await;
        cancelled.map_err(|error| refused(*order, error))
    }
}

fn refused(order: OrderId, error: ExecuteError<OrderError>) -> CommandError {
    match error {
        ExecuteError::Domain(error) => CommandError::Refused(error),
        ExecuteError::Load(LoadError::NotFound { .. }) => CommandError::OrderNotFound(order),
        error => CommandError::Store(error.into()),
    }
}
