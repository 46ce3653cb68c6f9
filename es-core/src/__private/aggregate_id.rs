//! For `#[derive(AggregateId)]`, and for ids in `#[aggregate]`.

use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::column::same;
use crate::id::AggregateId;

/// The only field of an id: from a UUID and back.
#[derive(Debug)]
pub struct IdField<T> {
    /// Makes it.
    pub wrap: fn(Uuid) -> T,
    /// Reads it.
    pub unwrap: fn(&T) -> Uuid,
}

impl<T: UuidField> IdField<T> {
    /// That of a field that is a UUID. The only place where generated code asks for it.
    pub const UUID: Self = Self { wrap: T::wrap, unwrap: T::unwrap };
}

/// What the field of an id may be.
#[diagnostic::on_unimplemented(
    message = "the field of an id must be a `Uuid`, this is `{Self}`",
    label = "expected `Uuid`"
)]
pub trait UuidField {
    /// Itself.
    fn wrap(id: Uuid) -> Self;
    /// Itself.
    fn unwrap(&self) -> Uuid;
}

impl UuidField for Uuid {
    fn wrap(id: Uuid) -> Self {
        id
    }

    fn unwrap(&self) -> Uuid {
        *self
    }
}

/// Refuses, when the program is compiled, an id that belongs to another kind of aggregate.
///
/// # Panics
/// In const evaluation, when it does.
#[track_caller]
pub const fn assert_category<A: Aggregate>() {
    if let Some(category) = A::Id::CATEGORY {
        assert!(
            same(category, A::NAME),
            "this id is of another category: write the aggregate's name in `#[aggregate_id(category = \"…\")]`, or \
             give the aggregate an id type of its own"
        );
    }
}

/// The category that the macro was given, if any.
pub const fn category(given: &[&'static str]) -> Option<&'static str> {
    match given {
        [category] => Some(category),
        _ => None,
    }
}

/// All that an id is, from expressions that make it from a UUID and read it. Only one of the impls asks for what an id
/// must be, so what is missing is reported once.
#[doc(hidden)]
#[macro_export]
macro_rules! __aggregate_id {
    ($vis:vis $id:ident [$($category:literal)?] $from:ident => $wrap:expr, $to:ident => $unwrap:expr) => {
        fn wrap($from: $crate::__private::Uuid) -> $id {
            $wrap
        }

        fn unwrap($to: &$id) -> $crate::__private::Uuid {
            $unwrap
        }

        $(impl $id {
            /// The id that belongs to a natural key: always the same for the same key, and another one in every
            /// other category (UUIDv5).
            #[allow(dead_code)]
            $vis fn from_name(name: &::core::primitive::str) -> Self {
                wrap($crate::__private::uuid_from_name($category, name))
            }
        })?

        #[automatically_derived]
        impl $crate::AggregateId for $id {
            const CATEGORY: $crate::__private::Option<$crate::__private::Text> =
                $crate::__private::category(&[$($category)?]);

            fn from_uuid(id: $crate::__private::Uuid) -> Self {
                wrap(id)
            }

            fn uuid(&self) -> $crate::__private::Uuid {
                unwrap(self)
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Display for $id {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&unwrap(self), f)
            }
        }

        #[automatically_derived]
        impl ::core::str::FromStr for $id {
            type Err = $crate::__private::UuidError;

            fn from_str(
                text: &::core::primitive::str,
            ) -> $crate::__private::Result<Self, Self::Err> {
                $crate::__private::Uuid::parse_str(text).map(wrap)
            }
        }

        #[automatically_derived]
        impl $crate::__private::Serialize for $id {
            fn serialize<S: $crate::__private::Serializer>(
                &self,
                serializer: S,
            ) -> $crate::__private::Result<S::Ok, S::Error> {
                $crate::__private::Serialize::serialize(&unwrap(self), serializer)
            }
        }

        #[automatically_derived]
        impl<'de> $crate::__private::Deserialize<'de> for $id {
            fn deserialize<D: $crate::__private::Deserializer<'de>>(
                deserializer: D,
            ) -> $crate::__private::Result<Self, D::Error> {
                $crate::__private::Deserialize::deserialize(deserializer).map(wrap)
            }
        }

        #[automatically_derived]
        impl $crate::ColumnType for $id {
            const TYPE: $crate::SqlType = $crate::SqlType::Uuid;
        }

        #[automatically_derived]
        impl $crate::RowKey for $id {
            fn to_text(&self) -> $crate::__private::String {
                $crate::RowKey::to_text(&unwrap(self))
            }

            fn of_stream(stream: $crate::__private::Uuid) -> $crate::__private::Option<Self> {
                $crate::__private::Some(wrap(stream))
            }
        }
    };
}
