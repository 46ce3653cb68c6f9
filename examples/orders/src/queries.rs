//! The read side: questions to the read models. They change nothing, and know nothing of events.

use es_core::prelude::*;
use es_core::{Filter, RowQuery};

use crate::order::CustomerId;
use crate::projections::{CustomerRow, OrderRow, RevenueDay};

/// Answers questions from the rows of the projections.
#[derive(Debug, Clone)]
pub struct OrderQueries<S> {
    store: S,
}

impl<S: ProjectionStore> OrderQueries<S> {
    /// On the store that the projections write.
    pub const fn new(store: S) -> Self {
        Self { store }
    }

    /// Those who have spent most, first who has spent most of all.
    ///
    /// # Errors
    /// [`ProjectionError`] when the rows cannot be read.
    pub async fn top_customers(&self, limit: u64) -> Result<Vec<CustomerRow>, ProjectionError> {
        self.store.find(RowQuery::all().descending("spent").ascending("name").limit(limit)).await
    }

    /// What one customer has ordered, cancelled orders left out; of one status, or of any.
    ///
    /// # Errors
    /// [`ProjectionError`] when the rows cannot be read.
    pub async fn orders_of(
        &self,
        customer: CustomerId,
        status: Option<&str>,
    ) -> Result<Vec<OrderRow>, ProjectionError> {
        let mut wanted = Filter::eq("customer", customer.uuid());
        if let Some(status) = status {
            wanted = wanted.and(Filter::eq("status", status));
        }
        self.store.find(wanted).await
    }

    /// How many orders there are, and how many with those that were cancelled.
    ///
    /// # Errors
    /// [`ProjectionError`] when the rows cannot be read.
    pub async fn count_orders(&self) -> Result<(u64, u64), ProjectionError> {
        let all = RowQuery::all();
        let there = self.store.count::<OrderRow>(all.clone()).await?;
        Ok((there, self.store.count::<OrderRow>(all.with_deleted()).await?))
    }

    /// What each day has brought in, in their order.
    ///
    /// # Errors
    /// [`ProjectionError`] when the rows cannot be read.
    pub async fn revenue(&self) -> Result<Vec<RevenueDay>, ProjectionError> {
        self.store.rows().await
    }
}
