//! The macros of `es-core`. Use them through `es-core`.
use proc_macro::TokenStream;
/// See `es_core::Event`.
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
/// See `es_core::ReadModel`.
#[proc_macro_derive(ReadModel, attributes(read_model))]
pub fn derive_read_model(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
/// See `es_core::aggregate`.
#[proc_macro_attribute]
pub fn aggregate(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}
/// See `es_core::projection`.
#[proc_macro_attribute]
pub fn projection(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}
/// See `es_core::handles`.
#[proc_macro_attribute]
pub fn handles(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}
