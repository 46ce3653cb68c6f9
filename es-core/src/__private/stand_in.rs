//! What stands in for the impls of a macro that has reported an error: just enough for the rest of the program to be
//! checked as if there were none. Nothing of it ever runs.

/// The impl of one trait: `[generics] [type] [bounds]`, then what else is known of it.
#[doc(hidden)]
#[macro_export]
macro_rules! __stand_in {
    (Event [$($generics:tt)*] [$this:ty] [$($bounds:tt)*]) => {
        #[automatically_derived]
        impl $($generics)* $crate::Event for $this $($bounds)* {
            const NAME: $crate::__private::Text = "";
        }
    };
    (Aggregate [$($generics:tt)*] [$this:ty] [$($bounds:tt)*] $id:ty) => {
        #[automatically_derived]
        impl $($generics)* $crate::Aggregate for $this $($bounds)* {
            type Id = $id;
            const NAME: $crate::__private::Text = "";
            const HANDLERS: &'static [$crate::Handler<Self>] = &[];

            fn initial() -> $crate::__private::Option<Self> {
                $crate::__private::None
            }
        }
    };
    (IntoEvents [$($generics:tt)*] [$this:ty] [$($bounds:tt)*] $event:ty) => {
        #[automatically_derived]
        impl $($generics)* $crate::IntoEvents<$this> for $event
        where
            $this: $crate::Aggregate,
        {
            fn into_events(self, _: &mut $crate::Events<$this>) {}
        }
    };
    (Projection [$($generics:tt)*] [$this:ty] [$($bounds:tt)*]) => {
        #[automatically_derived]
        impl $($generics)* $crate::Projection for $this $($bounds)* {
            const NAME: $crate::__private::Text = "";
            const SUBSCRIBED_TO: &'static [$crate::__private::Text] = &[];

            fn handle<'a>(
                &'a mut self,
                _: &'a $crate::StoredEvent,
                _: &'a mut $crate::Batch<'_>,
            ) -> $crate::BoxFuture<'a, $crate::__private::Result<(), $crate::ProjectionError>> {
                $crate::__private::ignored()
            }
        }
    };
    (Snapshot [$($generics:tt)*] [$this:ty] [$($bounds:tt)*]) => {
        #[automatically_derived]
        impl $($generics)* $crate::Snapshot for $this $($bounds)* {
            const FINGERPRINT: $crate::Fingerprint = $crate::Fingerprint::new(0);

            fn to_snapshot(&self) -> $crate::__private::Result<$crate::Payload, $crate::SnapshotError> {
                loop {}
            }

            fn from_snapshot(
                _: &$crate::Payload,
            ) -> $crate::__private::Result<Self, $crate::SnapshotError> {
                loop {}
            }
        }
    };
    (AggregateId [] [$id:ident] [] $vis:vis [$($category:literal)?]) => {
        const _: () = {
            $crate::__private::aggregate_id!($vis $id [$($category)?] _id => loop {}, _id => loop {});
        };
    };
}
