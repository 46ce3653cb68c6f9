//! The account as a command loads it, in the three ways that evento has: replayed each time, kept in memory, kept by
//! the store.

/// A view with its handlers.
macro_rules! view {
    ($module:ident, $(#[$attribute:meta])+) => {
        pub(crate) mod $module {
            use evento::metadata::Event;
            use evento::{Executor, Projection, ProjectionAggregate as _};

            use crate::account::{Account, Deposited, Opened, Withdrawn};

            $(#[$attribute])+
            pub struct View {
                pub id: String,
                pub cents: i64,
                pub events: u64,
            }

            #[evento::handler]
            async fn opened(event: Event<Opened>, view: &mut View) -> anyhow::Result<()> {
                view.id = event.aggregate_id.clone();
                view.cents = event.data.cents;
                view.events = 1;
                Ok(())
            }

            #[evento::handler]
            async fn deposited(event: Event<Deposited>, view: &mut View) -> anyhow::Result<()> {
                view.cents += event.data.cents;
                view.events += 1;
                Ok(())
            }

            #[evento::handler]
            async fn withdrawn(event: Event<Withdrawn>, view: &mut View) -> anyhow::Result<()> {
                view.cents -= event.data.cents;
                view.events += 1;
                Ok(())
            }

            fn projection<E: Executor>() -> Projection<E, View> {
                Projection::new::<Account>()
                    .handler(opened())
                    .handler(deposited())
                    .handler(withdrawn())
                    .strict()
            }

            pub(crate) async fn load<E: Executor>(executor: &E, id: &str) -> work::Result<View> {
                let view = projection().load(id).execute(executor).await?;
                view.ok_or_else(|| "no such account".into())
            }

            #[allow(dead_code, reason = "no command is measured with what the store keeps")]
            pub(crate) async fn deposit<E: Executor>(
                executor: &E,
                id: &str,
                cents: i64,
                reference: String,
            ) -> work::Result<()> {
                let view = load(executor, id).await?;
                if cents <= 0 {
                    return Err("nothing to deposit".into());
                }
                view.write()?.event(&Deposited { cents, reference }).commit(executor).await?;
                Ok(())
            }
        }
    };
}

view!(replayed, #[evento::projection(id = id)] #[evento::snapshot(none)]);
view!(remembered, #[evento::projection(id = id)] #[evento::snapshot(memory)]);
view!(kept, #[evento::projection(id = id, bitcode::Encode, bitcode::Decode)]);
