//! The story of a shop, the same at every run, on every store: history, catch-up, live, a restart, a rebuild.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use es_core::SubscriptionStore;
use es_core::prelude::*;
use es_core::subscription::{
    Rebuild, State, Subscription, SubscriptionConfig, SubscriptionManager, SubscriptionStatus,
};
use rust_decimal_macros::dec;

use crate::commands::{CancelOrder, CommandError, OrderCommands, PlaceOrder, ShipOrder};
use crate::history::{self, Known, customer};
use crate::order::{Line, OrderId};
use crate::projections::{CustomerRow, Customers, OpenOrders, Revenue, RevenueDay, Summary};
use crate::queries::OrderQueries;

/// What anything here may fail with.
pub type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// How long anything is waited for before it counts as broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was seen at each stage.
#[derive(Debug)]
pub struct Story {
    /// After the catch-up with the history.
    pub caught_up: Stage,
    /// What a customer sees who asks right after ordering, having waited for the projection: orders and what they cost.
    pub own_write: CustomerRow,
    /// The commands that were refused, each with the answer; they have left no event.
    pub refused: Vec<(&'static str, CommandError)>,
    /// After some live events.
    pub live: Stage,
    /// After a restart: what happened meanwhile is caught up with.
    pub restarted: Stage,
    /// How many events the rebuild of `customers` has handled.
    pub rebuilt_events: u64,
    /// After the rebuild.
    pub rebuilt: Stage,
}

/// What there is to be seen at one moment.
#[derive(Debug)]
pub struct Stage {
    /// What the subscriptions are doing.
    pub statuses: BTreeMap<String, SubscriptionStatus>,
    /// Who has spent most.
    pub top_customers: Vec<CustomerRow>,
    /// What each day has brought in.
    pub revenue: Vec<RevenueDay>,
    /// What waits to be shipped.
    pub open: Summary,
    /// How many orders there are, without and with the cancelled ones.
    pub orders: (u64, u64),
}

/// A process that runs the shop's projections.
struct Process<S> {
    manager: SubscriptionManager<S>,
    open: Subscription<OpenOrders>,
    queries: OrderQueries<S>,
}

impl<S: SubscriptionStore + Clone> Process<S> {
    /// The subscriptions, none of them running. They see the events of one shop only.
    fn new(store: &S, shop: &str) -> Result<Self> {
        let manager = SubscriptionManager::new(store.clone());
        let config = || SubscriptionConfig::new().tenant(shop);
        manager.subscribe("customers", Customers, config())?;
        manager.subscribe("revenue-per-day", Revenue, config())?;
        let open = manager.subscribe_in_memory("open-orders", OpenOrders::default(), config())?;
        Ok(Self { manager, open, queries: OrderQueries::new(store.clone()) })
    }

    /// Starts them, and waits until they have all there is.
    async fn start(&self) -> Result<()> {
        self.manager.start().await?;
        self.manager.wait_caught_up(PATIENCE).await?;
        Ok(())
    }

    async fn look(&self) -> Result<Stage> {
        self.manager.wait_caught_up(PATIENCE).await?;
        self.until_live().await?;
        let Self { manager, open, queries } = self;
        Ok(Stage {
            statuses: manager.statuses(),
            top_customers: queries.top_customers(10).await?,
            revenue: queries.revenue().await?,
            open: open.read().await.get_summary(),
            orders: queries.count_orders().await?,
        })
    }

    /// Having everything and having noticed that there is no more are a moment apart.
    async fn until_live(&self) -> Result<()> {
        let live = async {
            while self.manager.statuses().values().any(|status| status.state != State::Live) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        Ok(tokio::time::timeout(PATIENCE, live).await?)
    }
}

/// Plays the story.
///
/// # Errors
/// When anything fails that should not, or the other way round.
pub async fn play<S: SubscriptionStore + Clone>(store: &S) -> Result<Story> {
    // A shop of its own for each run, so that a database can be used again.
    let shop = format!("shop-{}", Uuid::now_v7());

    // Phase 1: a history, before anybody reads it.
    let known = history::import(store, &shop).await?;

    let first = Process::new(store, &shop)?;
    // What an earlier run has left in the tables is not this shop's.
    first.manager.reset("customers").await?;
    first.manager.reset("revenue-per-day").await?;
    first.start().await?;
    let caught_up = first.look().await?;

    // Phase 2: events arrive while the projections run.
    let commands = OrderCommands::new(store.clone(), &shop);
    let lamps = OrderId::generate();
    let placed = commands.place(order(lamps, "Grace", 2, "lamp", dec!(39.90))).await?;
    first.manager.wait_for("customers", placed.position(), PATIENCE).await?;
    let own_write = store.row(&customer("Grace")).await?.ok_or("Grace has ordered")?;
    let parcel = ShipOrder { order: known.notebooks, tracking: "T-5".to_owned() };
    commands.ship(&parcel).await?;
    let refused = refused(&commands, known).await?;
    let live = first.look().await?;

    // A restart. Meanwhile the shop goes on.
    first.manager.stop(PATIENCE).await?;
    drop(first);
    let cancel = CancelOrder { order: lamps, reason: "ordered twice".to_owned() };
    commands.cancel(&cancel).await?;
    commands.place(order(OrderId::generate(), "Edsger", 5, "paper", dec!(5))).await?;
    let second = Process::new(store, &shop)?;
    second.start().await?;
    let restarted = second.look().await?;

    // Everything anew from the log: readers see the old rows until the new ones are whole.
    let rebuilding = second.manager.rebuild("customers", Rebuild::InOneTransaction).await?;
    let rebuilt_events = rebuilding.done().await?.events;
    let rebuilt = second.look().await?;
    second.manager.stop(PATIENCE).await?;

    Ok(Story { caught_up, own_write, refused, live, restarted, rebuilt_events, rebuilt })
}

/// Commands that a rule forbids.
async fn refused<S: EventStore + Clone>(
    commands: &OrderCommands<S>,
    known: Known,
) -> Result<Vec<(&'static str, CommandError)>> {
    let again = ShipOrder { order: known.notebooks, tracking: "T-6".to_owned() };
    let off = ShipOrder { order: known.typewriter, tracking: "T-6".to_owned() };
    let late = CancelOrder { order: known.notebooks, reason: "too late".to_owned() };
    let none = order(OrderId::generate(), "Ada", 0, "pen", dec!(12));
    let lost = CancelOrder { order: OrderId::from_uuid(Uuid::nil()), reason: String::new() };
    let answers = [
        ("ship the notebooks again", commands.ship(&again).await),
        ("ship the typewriter", commands.ship(&off).await),
        ("cancel the notebooks", commands.cancel(&late).await),
        ("order no pens", commands.place(none).await),
        ("cancel an order that nobody placed", commands.cancel(&lost).await),
    ];
    let refused = answers.into_iter().map(|(command, answer)| match answer {
        Ok(_) => Err(format!("`{command}` should have been refused").into()),
        Err(error) => Ok((command, error)),
    });
    refused.collect()
}

fn order(
    order: OrderId,
    name: &str,
    quantity: u32,
    product: &str,
    price: rust_decimal::Decimal,
) -> PlaceOrder {
    let lines = vec![Line::new(quantity, product, price)];
    PlaceOrder { order, customer: customer(name), customer_name: name.to_owned(), lines }
}
