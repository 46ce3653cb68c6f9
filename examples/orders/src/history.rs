//! Three days of orders, as a shop would bring them along from its old system: with the times at which things happened.

use chrono::TimeZone as _;
use es_core::StreamAppend;
use es_core::prelude::*;
use rust_decimal_macros::dec;

use crate::order::{CustomerId, Line, Order, OrderId};
use crate::story::Result;

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    Shipped { day: u32, hour: u32 },
    Cancelled { day: u32, hour: u32 },
}

/// The orders of the history that are spoken of later.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Ada's notebooks, not shipped yet.
    pub notebooks: OrderId,
    /// Edsger's typewriter, cancelled.
    pub typewriter: OrderId,
}

/// How many events the history has.
pub const EVENTS: u64 = 8;

/// Where names of customers are unique.
const CUSTOMERS: Uuid = Uuid::from_u128(0x5d1c_93a1_66c2_4f0e_8e59_2f0b_7c3d_a410);

/// The customer of a name.
pub fn customer(name: &str) -> CustomerId {
    CustomerId::from_uuid(Uuid::new_v5(&CUSTOMERS, name.as_bytes()))
}

/// Appends the history of a shop.
///
/// # Errors
/// When the store does not take it.
pub async fn import<S: EventStore>(store: &S, shop: &str) -> Result<Known> {
    let pens = vec![Line::new(2, "notebook", dec!(4.50)), Line::new(1, "pen", dec!(12))];
    let past = [
        ("Ada", 2, 9, pens, Fate::Shipped { day: 2, hour: 15 }),
        (
            "Grace",
            2,
            10,
            vec![Line::new(1, "lamp", dec!(39.90))],
            Fate::Shipped { day: 3, hour: 8 },
        ),
        ("Ada", 3, 11, vec![Line::new(10, "notebook", dec!(4.50))], Fate::Open),
        (
            "Edsger",
            3,
            14,
            vec![Line::new(1, "typewriter", dec!(189))],
            Fate::Cancelled { day: 4, hour: 7 },
        ),
        ("Edsger", 4, 8, vec![Line::new(3, "ribbon", dec!(6.20))], Fate::Open),
    ];
    let mut ids = Vec::new();
    for (name, day, hour, lines, fate) in past {
        let id = OrderId::generate();
        let placed = Order::place(customer(name), name, lines)?;
        let mut order = Root::<Order>::create(id, placed)?;
        let mut times = vec![at(day, hour)];
        match fate {
            Fate::Open => {}
            Fate::Shipped { day, hour } => {
                order.decide(|order| order.ship(&format!("T-{day}")))?;
                times.push(at(day, hour));
            }
            Fate::Cancelled { day, hour } => {
                order.decide(|order| order.cancel("found a better one"))?;
                times.push(at(day, hour));
            }
        }
        append(store, shop, &order, &times).await?;
        ids.push(id);
    }
    Ok(Known { notebooks: ids[2], typewriter: ids[3] })
}

/// Stores what is pending on an order, as having happened at these times.
async fn append<S: EventStore>(
    store: &S,
    shop: &str,
    order: &Root<Order>,
    times: &[DateTime<Utc>],
) -> Result<()> {
    let metadata = Metadata::new().tenant(shop).actor("import");
    let pending = order.pending().iter().cloned().zip(times);
    let events = pending.map(|(event, time)| event.occurred_at(*time).metadata(metadata.clone()));
    let (stream, expected) = (order.stream().clone(), ExpectedVersion::NoStream);
    store.append(StreamAppend::new(stream, expected, events.collect())).await?;
    Ok(())
}

/// An hour of a day in March 2026.
fn at(day: u32, hour: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, day, hour, 0, 0).single().unwrap_or_default()
}
