//! The account's events.

use evento::{Aggregate as _, AggregateEvent as _};
use work::AccountEvent as Past; // the macro makes an `AccountEvent` of its own

#[evento::aggregate(name = "bench/Account")]
pub enum Account {
    Opened { owner: String, cents: i64 },
    Deposited { cents: i64, reference: String },
    Withdrawn { cents: i64 },
}

/// An event of a history, as it would have been stored.
pub(crate) fn stored(id: String, version: u64, event: Past) -> work::Result<evento::Event> {
    let (name, data) = match event {
        Past::Opened { owner, cents } => {
            (Opened::event_name(), bitcode::encode(&Opened { owner, cents: cents as i64 }))
        }
        Past::Deposited { cents, reference } => (
            Deposited::event_name(),
            bitcode::encode(&Deposited { cents: cents as i64, reference }),
        ),
        Past::Withdrawn { cents } => {
            (Withdrawn::event_name(), bitcode::encode(&Withdrawn { cents: cents as i64 }))
        }
    };
    Ok(evento::Event {
        id: ulid::Ulid::generate(),
        aggregate_id: id,
        aggregate_type: Account::aggregate_type().to_owned(),
        // Longer streams it has none of.
        version: u16::try_from(version).map_err(|_| work::Unsupported)?,
        name: name.to_owned(),
        data,
        // Long ago, so that a subscription need not wait until it is stable; later with each version.
        timestamp: 1_700_000_000 + version,
        ..evento::Event::default()
    })
}
