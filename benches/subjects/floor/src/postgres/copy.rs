//! `COPY … BINARY`, by hand.

use sqlx::PgPool;
use sqlx::postgres::PgPoolCopyExt as _;
use work::{PastEvent, Result};

use crate::event::Row;

/// What every binary copy begins with: a signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// 2000-01-01 in microseconds since 1970: from where PostgreSQL counts.
const EPOCH: i64 = 946_684_800_000_000;

/// One COPY of what comes in pieces.
pub(crate) async fn events(
    pool: &PgPool,
    chunks: impl Iterator<Item = Vec<PastEvent>> + Send,
) -> Result<()> {
    let statement = "COPY es.events (stream_id, version, event_id, category, type, schema_version, payload, \
                     metadata, occurred_at) FROM STDIN (FORMAT binary)";
    let mut copy = pool.copy_in_raw(statement).await?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let now = i64::try_from(now.as_micros())? - EPOCH;
    copy.send(HEADER).await?;
    for chunk in chunks {
        let mut bytes = Vec::with_capacity(chunk.len() * 200);
        for (account, version, event) in chunk {
            tuple(&mut bytes, &Row::new(account, version.cast_signed(), &event), now)?;
        }
        copy.send(bytes).await?;
    }
    copy.send((-1_i16).to_be_bytes().as_slice()).await?;
    copy.finish().await?;
    Ok(())
}

fn tuple(bytes: &mut Vec<u8>, row: &Row, now: i64) -> Result<()> {
    bytes.extend(9_i16.to_be_bytes());
    field(bytes, row.account.as_bytes())?;
    field(bytes, &row.version.to_be_bytes())?;
    field(bytes, row.event.as_bytes())?;
    field(bytes, b"account")?;
    field(bytes, row.name.as_bytes())?;
    field(bytes, &1_i32.to_be_bytes())?;
    field(bytes, row.payload.as_bytes())?;
    field(bytes, b"{}")?;
    field(bytes, &now.to_be_bytes())
}

fn field(bytes: &mut Vec<u8>, value: &[u8]) -> Result<()> {
    bytes.extend(i32::try_from(value.len())?.to_be_bytes());
    bytes.extend(value);
    Ok(())
}
