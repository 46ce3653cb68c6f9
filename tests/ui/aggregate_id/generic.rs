use es_core::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AggregateId)]
struct Id<T>(Uuid, std::marker::PhantomData<T>);

fn main() {}
