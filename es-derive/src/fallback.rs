//! What is generated after an error: just enough for the rest of the program to be checked as if there were none.
//! Nothing of it ever runs.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Data, Generics, parse_quote};

use crate::aggregate::model::Draft as AggregateDraft;
use crate::aggregate_id::model::Draft as IdDraft;
use crate::block::{self, Block};
use crate::errors::Errors;
use crate::event::model::Draft as EventDraft;
use crate::handlers::{self, EventRef};
use crate::paths::Paths;
use crate::projection::model::Draft as ProjectionDraft;
use crate::projection::reset;
use crate::read_model::model::Draft as ReadModelDraft;
use crate::snapshot::model::Draft as SnapshotDraft;

/// The reports, and a stand-in for what `#[derive(Event)]` makes.
pub(crate) fn event(draft: &EventDraft, errors: &Errors) -> TokenStream {
    let (EventDraft { item, paths, .. }, reports) = (draft, errors.items());
    // serde knows no unions: nothing can stand in for what the impl would need.
    if matches!(item.data, Data::Union(_)) {
        return reports;
    }
    let private = paths.private(Span::mixed_site());
    let bounds = quote!(#private::Serialize + #private::DeserializeOwned + #private::Send + #private::Sync + 'static);
    let generics = bounded(&item.generics, &bounds);
    let (ident, (_, parameters, _)) = (&item.ident, item.generics.split_for_impl());
    let event = stand_in("Event", paths, &generics, &quote!(#ident #parameters), &quote!());
    quote!(#reports #event)
}

/// The user's impl, the reports, and a stand-in for what `#[aggregate]` makes.
pub(crate) fn aggregate(draft: &AggregateDraft, mut errors: Errors) -> TokenStream {
    let Block { item, paths, handlers, .. } = &draft.block;
    let (this, uses) = (&item.self_ty, handlers::uses(handlers));
    if !block::is_known(this) {
        let reports = errors.items();
        return quote!(#item #reports #uses);
    }
    let id = draft.id.as_ref().map_or_else(|| errors.take_type(), |id| Some(quote!(#id)));
    let reports = errors.items();
    let private = paths.private(Span::mixed_site());
    let bounds = quote!(#private::Send + #private::Sync + 'static);
    let generics = bounded(&item.generics, &bounds);
    let aggregate = stand_in("Aggregate", paths, &generics, this, &id);
    // A repeat has been reported.
    let is_first = |event: &EventRef<'_>| {
        draft.block.events().find(|other| other.ty == event.ty).is_some_and(|o| o.n == event.n)
    };
    let events = draft.block.events().filter(is_first).map(|EventRef { cfgs, ty, .. }| {
        let event = stand_in("IntoEvents", paths, &item.generics, this, ty);
        quote!(#(#cfgs)* #event)
    });
    quote!(#item #reports #uses #aggregate #(#events)*)
}

/// The user's impl, the reports, and a stand-in for what `#[projection]` makes.
pub(crate) fn projection(draft: &ProjectionDraft, errors: &Errors) -> TokenStream {
    let Block { item, paths, handlers, .. } = &draft.block;
    let mut uses = handlers::uses(handlers);
    uses.extend(reset::uses(&draft.resets));
    let reports = errors.items();
    if !block::is_known(&item.self_ty) {
        return quote!(#item #reports #uses);
    }
    let private = paths.private(Span::mixed_site());
    let generics = bounded(&item.generics, &quote!(#private::Send + 'static));
    let projection = stand_in("Projection", paths, &generics, &item.self_ty, &quote!());
    quote!(#item #reports #uses #projection)
}

/// The reports, and a stand-in for what `#[derive(Snapshot)]` makes.
pub(crate) fn snapshot(draft: &SnapshotDraft, errors: &Errors) -> TokenStream {
    let (SnapshotDraft { item, paths, .. }, reports) = (draft, errors.items());
    let (ident, (_, parameters, _)) = (&item.ident, item.generics.split_for_impl());
    let this = quote!(#ident #parameters);
    let snapshot = stand_in("Snapshot", paths, &item.generics, &this, &quote!());
    quote!(#reports #snapshot)
}

/// What es-core has to stand in for the impl of a trait, `more` being what else is known of it.
fn stand_in(
    name: &str,
    paths: &Paths,
    generics: &Generics,
    this: &impl ToTokens,
    more: &impl ToTokens,
) -> TokenStream {
    let span = Span::mixed_site();
    let (private, name) = (paths.private(span), Ident::new(name, span));
    let (generics, _, bounds) = generics.split_for_impl();
    quote_spanned!(span=> #private::stand_in! { #name [#generics] [#this] [#bounds] #more })
}

/// The reports, and a stand-in for what `#[derive(ReadModel)]` makes.
pub(crate) fn read_model(draft: &ReadModelDraft, mut errors: Errors) -> TokenStream {
    let item = &draft.item;
    if matches!(item.data, Data::Union(_)) {
        return errors.items();
    }
    let span = Span::mixed_site();
    let (es, private) = (draft.paths.es_core(span), draft.paths.private(span));
    let ident = &item.ident;
    let key = draft.key().map_or_else(|| errors.take_type(), |key| Some(quote!(#key)));
    let reports = errors.items();
    let generics = bounded(
        &item.generics,
        &quote_spanned!(span=> #private::Serialize + #private::DeserializeOwned + #private::Clone + #private::Send + #private::Sync + 'static),
    );
    let (impl_generics, type_generics, bounds) = generics.split_for_impl();
    quote_spanned! {span=>
        #reports
        #[automatically_derived]
        impl #impl_generics #es::ReadModel for #ident #type_generics #bounds {
            type Key = #key;
            const TABLE: &'static #es::Table = &#es::Table { name: "", key: "", columns: &[] };
            fn key(&self) -> Self::Key {
                loop {}
            }
        }
    }
}

/// The reports, and a stand-in for what `#[derive(AggregateId)]` makes.
pub(crate) fn aggregate_id(draft: &IdDraft, errors: &Errors) -> TokenStream {
    let (item, reports) = (&draft.item, errors.items());
    // A union cannot derive what an id must be; which impls stand in for those of a generic type cannot be told.
    if matches!(item.data, Data::Union(_)) || !item.generics.params.is_empty() {
        return reports;
    }
    let (vis, category) = (&item.vis, &draft.category);
    let more = quote!(#vis [#category]);
    let id = stand_in("AggregateId", &draft.paths, &item.generics, &item.ident, &more);
    quote!(#reports #id)
}

/// Bounds on `Self`, which a type without parameters does not need: there they could only be true or be reported.
fn bounded(generics: &Generics, bounds: &TokenStream) -> Generics {
    let mut generics = generics.clone();
    if !generics.params.is_empty() {
        generics.make_where_clause().predicates.push(parse_quote!(Self: #bounds));
    }
    generics
}
