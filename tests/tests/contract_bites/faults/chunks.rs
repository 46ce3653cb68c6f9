//! Imports of more than one chunk.

use crate::bite::{Bite, bite};
use crate::fault::Fault::{ImportsOnly, ImportsPiecemeal};

pub(crate) fn nobody_sees_a_part_of_an_import() -> Vec<Bite> {
    vec![bite(
        "each event is stored when it comes",
        ImportsPiecemeal,
        "nobody sees a part of an import",
    )]
}

pub(crate) fn an_import_has_no_limit() -> Vec<Bite> {
    vec![bite(
        "an import stores as many events as an append",
        ImportsOnly(es_core::Limits::default().events),
        "an import takes more events than an append may hold",
    )]
}
