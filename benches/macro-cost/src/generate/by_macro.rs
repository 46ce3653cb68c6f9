//! What a person writes who uses the macros.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Extent, shared};
use crate::domain::{Aggregate, Event};

/// The file of one aggregate.
pub(super) fn module(aggregate: &Aggregate, extent: Extent) -> TokenStream {
    let events = aggregate.events.iter().map(event);
    let state = (extent >= Extent::Aggregates).then(|| state(aggregate));
    let projection = (extent >= Extent::Everything).then(|| projection(aggregate));
    quote! {
        use es_core::prelude::*;
        #(#events)*
        #state
        #projection
    }
}

fn event(event: &Event) -> TokenStream {
    let Event { ident, stored, fields, .. } = event;
    let fields = shared::fields(fields);
    quote! {
        #[derive(Debug, Serialize, Deserialize, Event)]
        #[event(name = #stored)]
        pub struct #ident { #fields }
    }
}

fn state(aggregate: &Aggregate) -> TokenStream {
    let (ident, name, state) = (aggregate.ident(), aggregate.name(), shared::state(aggregate));
    let handlers = aggregate.events.iter().enumerate().map(|(n, event)| {
        let Event { ident, method, fields, .. } = event;
        if n == 0 {
            let begun = shared::begun(event);
            return quote! {
                #[handles(#ident)]
                fn #method(event: &#ident) -> Self { #begun }
            };
        }
        let changed = shared::changed(&quote!(self), fields);
        quote! {
            #[handles(#ident)]
            fn #method(&mut self, event: &#ident) { #changed }
        }
    });
    quote! {
        #state
        #[aggregate(name = #name, id = Uuid)]
        impl #ident { #(#handlers)* }
    }
}

fn projection(aggregate: &Aggregate) -> TokenStream {
    let (row, ident, table) = (aggregate.row(), aggregate.projection(), aggregate.table());
    let fields = shared::row_fields();
    let handlers = aggregate.events.iter().enumerate().map(|(n, event)| {
        let Event { ident, method, .. } = event;
        let parameter = shared::parameter(event);
        let change = shared::row_change(aggregate, n, event);
        quote! {
            #[handles(#ident)]
            async fn #method(
                &self,
                #parameter: &#ident,
                cx: &mut ReadModels<'_>,
            ) -> Result<(), ProjectionError> {
                #change
                Ok(())
            }
        }
    });
    quote! {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
        #[read_model(table = #table)]
        pub struct #row {
            #[read_model(id)]
            pub id: Uuid,
            #fields
        }

        #[derive(Debug)]
        pub struct #ident;

        #[projection(name = #table, read_models(#row))]
        impl #ident { #(#handlers)* }
    }
}
