//! What each day has brought in.

use es_core::prelude::*;
use rust_decimal::Decimal;

use crate::order::{OrderCancelled, OrderPlaced};

/// A day: a row for each on which something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "shop_revenue")]
pub struct RevenueDay {
    /// Which, as `2026-03-02`, by UTC.
    #[read_model(id)]
    pub day: String,
    /// How many orders were placed on it.
    pub orders: u32,
    /// What these cost.
    pub placed: Decimal,
    /// What was paid back on it, whenever it had been ordered: days that are over stay as they were.
    pub paid_back: Decimal,
}

impl RevenueDay {
    /// What the day has brought in.
    pub fn revenue(&self) -> Decimal {
        self.placed - self.paid_back
    }
}

type Handled = Result<(), ProjectionError>;

/// Keeps [`RevenueDay`].
#[derive(Debug)]
pub struct Revenue;

#[projection(
    name = "revenue-per-day",
    read_models(RevenueDay),
    of(crate::order::Order),
    ignores(crate::order::OrderShipped)
)]
impl Revenue {
    #[handles(OrderPlaced)]
    async fn placed(&self, event: &OrderPlaced, cx: &mut ReadModels<'_>) -> Handled {
        let book = |day: &mut RevenueDay| {
            day.orders += 1;
            day.placed += event.total;
        };
        change(cx, book).await
    }

    #[handles(OrderCancelled)]
    async fn cancelled(&self, event: &OrderCancelled, cx: &mut ReadModels<'_>) -> Handled {
        change(cx, |day| day.paid_back += event.total).await
    }
}

/// The day on which something happened: by the event's own time, never by the clock of whoever handles it.
pub fn day_of(time: DateTime<Utc>) -> String {
    time.date_naive().to_string()
}

async fn change(cx: &mut ReadModels<'_>, change: impl FnOnce(&mut RevenueDay) + Send) -> Handled {
    let day = day_of(cx.event().occurred_at);
    let mut days = cx.rows::<RevenueDay>();
    let (placed, paid_back) = (Decimal::ZERO, Decimal::ZERO);
    let found = days.get(&day).await?;
    let mut row = found.unwrap_or(RevenueDay { day, orders: 0, placed, paid_back });
    change(&mut row);
    days.save(row).await
}
