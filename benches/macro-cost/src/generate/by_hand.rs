//! What a person writes who implements the public traits, as `tests/tests/by_hand.rs` does. When a trait changes, this
//! is the file to adapt.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Extent, shared};
use crate::domain::{Aggregate, Event};

/// The file of one aggregate.
pub(super) fn module(aggregate: &Aggregate, extent: Extent) -> TokenStream {
    let events = aggregate.events.iter().map(event);
    let state = (extent >= Extent::Aggregates).then(|| state(aggregate));
    let projection = (extent >= Extent::Everything).then(|| projection(aggregate));
    let imports = (extent >= Extent::Aggregates).then(|| {
        quote!(
            use es_core::{Handler, Handles, IntoEvents, ReplayError};
        )
    });
    let more_imports = (extent >= Extent::Everything).then(|| {
        quote!(
            use es_core::{Batch, BoxFuture, Column, FromBatch, Table};
        )
    });
    quote! {
        use es_core::prelude::*;
        #imports
        #more_imports
        #(#events)*
        #state
        #projection
    }
}

fn event(event: &Event) -> TokenStream {
    let Event { ident, stored, fields, .. } = event;
    let fields = shared::fields(fields);
    quote! {
        #[derive(Debug, Serialize, Deserialize)]
        pub struct #ident { #fields }

        impl Event for #ident {
            const NAME: &'static str = #stored;
        }
    }
}

fn state(aggregate: &Aggregate) -> TokenStream {
    let (ident, name, state) = (aggregate.ident(), aggregate.name(), shared::state(aggregate));
    let events = aggregate.events.iter().map(|event| &event.ident);
    let handlers =
        aggregate.events.iter().enumerate().map(|(n, event)| handler(aggregate, n, event));
    quote! {
        #state
        impl Aggregate for #ident {
            type Id = Uuid;
            const NAME: &'static str = #name;
            const HANDLERS: &'static [Handler<Self>] = &[#(Handler::of::<#events>()),*];

            fn initial() -> Option<Self> {
                None
            }
        }
        #(#handlers)*
    }
}

fn handler(aggregate: &Aggregate, n: usize, event: &Event) -> TokenStream {
    let this = aggregate.ident();
    let Event { ident, fields, .. } = event;
    let body = if n == 0 {
        let begun = shared::begun(event);
        quote! {
            if state.is_some() {
                return Err(ReplayError::BegunTwice { event: #ident::NAME, aggregate: Self::NAME });
            }
            *state = Some(#begun);
        }
    } else {
        let changed = shared::changed(&quote!(state), fields);
        quote! {
            let Some(state) = state else {
                return Err(ReplayError::NotBegun { event: #ident::NAME, aggregate: Self::NAME });
            };
            #changed
        }
    };
    quote! {
        impl Handles<#ident> for #this {
            fn handle(
                state: &mut Option<Self>,
                event: &#ident,
                _: &EventContext<'_>,
            ) -> Result<(), ReplayError> {
                #body
                Ok(())
            }
        }

        impl IntoEvents<#this> for #ident {
            fn into_events(self, events: &mut Events<#this>) {
                events.push(self);
            }
        }
    }
}

fn projection(aggregate: &Aggregate) -> TokenStream {
    let (ident, table, read_model) =
        (aggregate.projection(), aggregate.table(), read_model(aggregate));
    let row = aggregate.row();
    let names = aggregate.events.iter().map(|event| &event.ident);
    let arms = aggregate.events.iter().enumerate().map(|(n, event)| {
        let (ident, parameter) = (&event.ident, shared::parameter(event));
        let change = shared::row_change(aggregate, n, event);
        quote! {
            #ident::NAME => {
                let #parameter = event.decode::<#ident>()?;
                #change
            }
        }
    });
    quote! {
        #read_model

        #[derive(Debug)]
        pub struct #ident;

        impl Projection for #ident {
            const NAME: &'static str = #table;
            const READ_MODELS: &'static [&'static Table] = &[#row::TABLE];
            const SUBSCRIBED_TO: &'static [&'static str] = &[#(#names::NAME),*];

            fn handle<'a>(
                &'a mut self,
                event: &'a StoredEvent,
                batch: &'a mut Batch<'_>,
            ) -> BoxFuture<'a, Result<(), ProjectionError>> {
                Box::pin(async move {
                    let mut cx = ReadModels::from_batch(batch)?;
                    match event.name.as_str() {
                        #(#arms)*
                        _ => {}
                    }
                    Ok(())
                })
            }
        }
    }
}

fn read_model(aggregate: &Aggregate) -> TokenStream {
    let (row, table, fields) = (aggregate.row(), aggregate.table(), shared::row_fields());
    let columns = Aggregate::row_fields().map(|field| {
        let (name, ty) = (field.name, field.kind.ty());
        quote!(Column::of::<#ty>(#name))
    });
    quote! {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct #row {
            pub id: Uuid,
            #fields
        }

        impl ReadModel for #row {
            type Key = Uuid;
            const TABLE: &'static Table = &Table::new(
                #table,
                "id",
                &[Column::of::<Uuid>("id"), Column::of::<i64>("changes"), #(#columns),*],
            );

            fn key(&self) -> Uuid {
                self.id
            }
        }
    }
}
