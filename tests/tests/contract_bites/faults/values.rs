//! Values at the limit of what every store can keep.

use serde_json::json;

use super::fields;
use crate::bite::{Bite, bite};
use crate::fault::Fault::Found;

pub(crate) fn a_value_that_cannot_be_kept_is_refused() -> Vec<Bite> {
    vec![bite(
        "whole numbers have 53 bits",
        Found(|_, found| {
            fields(found, |name, value| {
                if name == "n" && value.is_number() {
                    *value = json!(1_u64 << 53);
                }
            });
        }),
        "values at the limit come back",
    )]
}
