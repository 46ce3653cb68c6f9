//! The read side: the same events, made into three things that are convenient to read.

mod customers;
mod open_orders;
mod revenue;

pub use customers::{CustomerRow, Customers, OrderRow};
pub use open_orders::{OpenOrder, OpenOrders, Summary};
pub use revenue::{Revenue, RevenueDay, day_of};
