//! Wake-ups.

use crate::bite::{Bite, bite};
use crate::fault::Fault::WakesNobody;

pub(crate) fn an_append_wakes_who_follows() -> Vec<Bite> {
    vec![bite("nobody is woken", WakesNobody, "an append wakes nobody")]
}

pub(crate) fn a_retry_wakes_who_follows() -> Vec<Bite> {
    vec![bite("nobody is woken", WakesNobody, "a retry wakes nobody")]
}
