//! What both authors write alike: the types, and what the handlers do.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::domain::{Aggregate, Event, Field, ident};

/// The fields of a struct.
pub(super) fn fields<'a>(fields: impl IntoIterator<Item = &'a Field>) -> TokenStream {
    let fields = fields.into_iter().map(|field| {
        let (name, ty) = (field.ident(), field.kind.ty());
        quote!(pub #name: #ty)
    });
    quote!(#(#fields),*)
}

/// The aggregate's struct.
pub(super) fn state(aggregate: &Aggregate) -> TokenStream {
    let (ident, fields) = (aggregate.ident(), fields(Aggregate::state()));
    quote! {
        #[derive(Debug, Default)]
        pub struct #ident { #fields }
    }
}

/// What the handler of the first event makes.
pub(super) fn begun(event: &Event) -> TokenStream {
    let fields = event.fields.iter().map(|field| {
        let name = field.ident();
        quote!(#name: event.#name.clone())
    });
    quote!(Self { #(#fields,)* ..Self::default() })
}

/// What the handlers of the other events do to `state`.
pub(super) fn changed<'a>(
    state: &TokenStream,
    fields: impl IntoIterator<Item = &'a Field>,
) -> TokenStream {
    let changes = fields.into_iter().map(|field| {
        let name = field.ident();
        quote!(#state.#name = event.#name.clone();)
    });
    quote!(#(#changes)*)
}

/// The fields of a read model's row besides its key.
pub(super) fn row_fields() -> TokenStream {
    let fields = fields(Aggregate::row_fields());
    quote!(pub changes: i64, #fields)
}

/// What the projection's handler of an event does.
pub(super) fn row_change(aggregate: &Aggregate, n: usize, event: &Event) -> TokenStream {
    let row = aggregate.row();
    if n > 0 {
        let changes = changed(&quote!(row), event.row_fields());
        return quote! {
            let id = cx.stream_id();
            cx.rows::<#row>().update(&id, |row| {
                row.changes += 1;
                #changes
            }).await?;
        };
    }
    let fields = Aggregate::row_fields().map(|field| {
        let name = field.ident();
        let carried = event.fields.iter().any(|carried| carried.name == field.name);
        if carried { quote!(#name: event.#name.clone()) } else { quote!(#name: Default::default()) }
    });
    quote! {
        let id = cx.stream_id();
        cx.rows::<#row>().save(#row { id, changes: 1, #(#fields),* }).await?;
    }
}

/// The name of a projection's event, with `_` before it when [`row_change`] does not look at it.
pub(super) fn parameter(event: &Event) -> Ident {
    let used = event.row_fields().next().is_some();
    ident(if used { "event" } else { "_event" })
}
