//! The balances, kept by a transactional event handler.

use async_trait::async_trait;
use esrs::handler::TransactionalEventHandler;
use esrs::store::StoreEvent;
use esrs::store::postgres::PgStoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::account::{Account, Event};

pub(crate) struct Balances;

#[async_trait]
impl TransactionalEventHandler<Account, PgStoreError, PgConnection> for Balances {
    async fn handle(
        &self,
        event: &StoreEvent<Event>,
        transaction: &mut PgConnection,
    ) -> Result<(), PgStoreError> {
        let upsert = "INSERT INTO balances AS known (account, cents, events) VALUES ($1, $2, 1) \
                      ON CONFLICT (account) DO UPDATE SET cents = known.cents + excluded.cents, \
                      events = known.events + 1";
        let upsert = sqlx::query(upsert).bind(event.aggregate_id).bind(event.payload().change());
        upsert.execute(transaction).await?;
        Ok(())
    }

    async fn delete(
        &self,
        account: Uuid,
        transaction: &mut PgConnection,
    ) -> Result<(), PgStoreError> {
        let delete = sqlx::query("DELETE FROM balances WHERE account = $1").bind(account);
        delete.execute(transaction).await?;
        Ok(())
    }
}
