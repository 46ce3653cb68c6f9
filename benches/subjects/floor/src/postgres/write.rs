//! The statements that write.

use sqlx::PgPool;
use work::{Result, Tally};

use crate::event::Row;

/// One INSERT of one event. The unique index refuses a version that another writer has taken.
pub(crate) async fn one(pool: &PgPool, row: &Row) -> Result<()> {
    let insert = "INSERT INTO es.events (stream_id, version, event_id, category, type, schema_version, payload, \
                  metadata, occurred_at) VALUES ($1, $2, $3, 'account', $4, 1, $5::text::json, '{}', now())";
    sqlx::query(insert)
        .bind(row.account)
        .bind(row.version)
        .bind(row.event)
        .bind(row.name)
        .bind(&row.payload)
        .execute(pool)
        .await?;
    Ok(())
}

/// One INSERT of many.
pub(crate) async fn many(pool: PgPool, rows: Vec<Row>) -> Result<()> {
    let insert = "INSERT INTO es.events (stream_id, version, event_id, category, type, schema_version, payload, \
                  metadata, occurred_at) \
                  SELECT account, version, event, 'account', type, 1, payload::json, '{}', now() \
                  FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[]) WITH ORDINALITY \
                  AS row (account, version, event, type, payload, nth) ORDER BY nth";
    sqlx::query(insert)
        .bind(rows.iter().map(|row| row.account).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.version).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.event).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.name).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.payload.as_str()).collect::<Vec<_>>())
        .execute(&pool)
        .await?;
    Ok(())
}

/// One upsert of what a batch has changed.
pub(crate) async fn changes(connection: &mut sqlx::PgConnection, changes: Tally) -> Result<()> {
    let upsert = "INSERT INTO balances AS known (account, cents, events) \
                  SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) \
                  ON CONFLICT (account) DO UPDATE SET cents = known.cents + excluded.cents, \
                  events = known.events + excluded.events";
    let (mut accounts, mut cents, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for (account, change) in changes.into_accounts() {
        accounts.push(account);
        cents.push(change.cents);
        events.push(change.events.cast_signed());
    }
    sqlx::query(upsert).bind(accounts).bind(cents).bind(events).execute(connection).await?;
    Ok(())
}
