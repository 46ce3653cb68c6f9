//! The program that uses every aggregate, event and projection, so that nothing of them is optimised away.

use proc_macro2::TokenStream;
use quote::quote;

use super::Extent;
use crate::domain::{Aggregate, Event, ident};

/// `main.rs`.
pub(super) fn main(aggregates: &[Aggregate], extent: Extent) -> TokenStream {
    let modules: Vec<_> = aggregates.iter().map(|aggregate| ident(&aggregate.name())).collect();
    let stories = aggregates.iter().map(|aggregate| match extent {
        Extent::Events => encoding(aggregate),
        Extent::Aggregates | Extent::Everything => story(aggregate, extent),
    });
    quote! {
        //! Lives through the life of one of each aggregate and prints what became of it.
        #(mod #modules;)*

        use std::error::Error;
        use std::pin::pin;
        use std::task::{Context, Poll, Waker};

        use es_core::prelude::*;
        #(#[allow(unused_imports)] use #modules::*;)*

        fn main() -> Result<(), Box<dyn Error>> {
            let store = MemoryStore::new();
            #(ready(#modules(&store))?;)*
            Ok(())
        }

        /// The memory store never waits.
        fn ready<T>(future: impl Future<Output = T>) -> T {
            let mut future = pin!(future);
            loop {
                if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    return done;
                }
            }
        }

        #(#stories)*
    }
}

/// One aggregate is created, changed by all its other events, loaded and projected.
fn story(aggregate: &Aggregate, extent: Extent) -> TokenStream {
    let (name, state) = (ident(&aggregate.name()), aggregate.ident());
    let (first, others) = aggregate.events.split_first().expect("an aggregate has events");
    let (first, others) = (
        example(first),
        others.chunks(5).map(|events| {
            let events = events.iter().map(example);
            quote!(root.record((#(#events,)*))?;)
        }),
    );
    let projected = (extent >= Extent::Everything).then(|| {
        let (row, projection) = (aggregate.row(), aggregate.projection());
        quote! {
            store.ensure_read_model::<#row>().await?;
            Projector::new(store.clone(), #projection).catch_up().await?;
            println!("{:?}", store.rows::<#row>().await?);
        }
    });
    quote! {
        async fn #name(store: &MemoryStore) -> Result<(), Box<dyn Error>> {
            let id = #state::id_from_name("the first");
            let repository = Repository::<#state, _>::new(store.clone());
            let mut root = Root::create(id, #first)?;
            #(#others)*
            repository.save(&mut root).await?;
            println!("{:?}", repository.load(id).await?.state());
            #projected
            Ok(())
        }
    }
}

/// The events of one aggregate are written as JSON and read back.
fn encoding(aggregate: &Aggregate) -> TokenStream {
    let name = ident(&aggregate.name());
    let encoded = aggregate.events.iter().map(|event| {
        let example = example(event);
        quote!(println!("{:?}", es_core::NewEvent::of(&#example)?.payload);)
    });
    quote! {
        async fn #name(_: &MemoryStore) -> Result<(), Box<dyn Error>> {
            #(#encoded)*
            Ok(())
        }
    }
}

fn example(event: &Event) -> TokenStream {
    let ident = &event.ident;
    let fields = event.fields.iter().map(|field| {
        let (name, value) = (field.ident(), field.kind.example());
        quote!(#name: #value)
    });
    quote!(#ident { #(#fields),* })
}
