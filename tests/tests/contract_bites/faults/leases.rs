//! Who runs which part of a projection.

use std::time::Duration;

use es_core::{Epoch, Leases, Part, ProjectionPart, StoreError};
use uuid::Uuid;

use crate::bite::{Bite, bite};
use crate::fault::Fault::{
    self, Checkpoints, ExtendsNothing, Leased, NobodyLeaves, Released, Request, Start,
};

pub(crate) fn a_lease_is_given_to_one_owner_at_a_time() -> Vec<Bite> {
    vec![
        bite(
            "all workers are taken for one",
            Request(|request| request.owner = Uuid::max()),
            "of eight workers one holds the lease",
        ),
        bite(
            "leases are given for no time",
            Request(|request| request.duration = Duration::ZERO),
            "of eight workers one holds the lease",
        ),
        bite(
            "no lease was ever given back",
            Leased(|leased| each(leased, |lease| lease.unclean = true)),
            "nobody held it before",
        ),
        bite(
            "an owner that asks again is another one",
            Request(|request| request.owner = Uuid::now_v7()),
            "it stays with its owner",
        ),
    ]
}

pub(crate) fn a_lease_that_ran_out_is_taken_over_with_a_higher_epoch() -> Vec<Bite> {
    vec![
        bite(
            "a new owner has the epoch of the old one",
            Leased(|leased| each(leased, |lease| lease.epoch = Epoch::new(1))),
            "the epoch rises",
        ),
        bite(
            "every lease is said to be given back",
            Leased(|leased| each(leased, |lease| lease.unclean = false)),
            "the lease was not given back",
        ),
        bite(
            "leases do not run out",
            Request(|request| request.duration = Duration::from_hours(1)),
            "a lease that ran out is not given to others",
        ),
    ]
}

pub(crate) fn a_lease_that_nobody_took_over_is_extended() -> Vec<Bite> {
    vec![bite(
        "an owner that asks again is another one",
        Request(|request| request.owner = Uuid::now_v7()),
        "nobody has taken it over",
    )]
}

pub(crate) fn an_earlier_owner_commits_nothing() -> Vec<Bite> {
    vec![
        bite(
            "a commit does not look at the lease",
            Start(|start| start.epoch = None),
            "an earlier owner commits nothing: expected `CheckpointMoved`, got Ok",
        ),
        bite(
            "an earlier owner gives back what is another one's",
            Released(|lease| lease.epoch = Epoch::new(lease.epoch.get() + 1)),
            "an earlier owner commits nothing",
        ),
    ]
}

pub(crate) fn a_lease_given_back_is_free_at_once_and_clean() -> Vec<Bite> {
    vec![
        bite("no lease is taken back", KEPT, "it is free at once"),
        bite(
            "no lease is said to be given back",
            Leased(|leased| each(leased, |lease| lease.unclean = true)),
            "after Lease",
        ),
        bite(
            "a commit does not look at the lease",
            Start(|start| start.epoch = None),
            "who gave a lease back commits nothing",
        ),
    ]
}

pub(crate) fn a_commit_extends_the_lease() -> Vec<Bite> {
    vec![bite("a commit does not extend the lease", ExtendsNothing, "a commit extends the lease")]
}

pub(crate) fn shares_are_fair() -> Vec<Bite> {
    vec![
        bite(
            "whoever comes first has all",
            Leased(|leased| {
                if let Ok(Leases { held, share, .. }) = leased {
                    *share = held.len();
                }
            }),
            "five parts for two, rounded up",
        ),
        bite("whoever leaves keeps its share", NobodyLeaves, "up to its share"),
        bite("no lease is taken back", KEPT, "the second one takes what was given back"),
    ]
}

pub(crate) fn a_silent_worker_has_no_share() -> Vec<Bite> {
    vec![bite(
        "a worker is never forgotten",
        Request(|request| request.duration = Duration::from_hours(1)),
        "a worker that is silent has a share",
    )]
}

pub(crate) fn parts_stand_for_themselves() -> Vec<Bite> {
    vec![
        bite(
            "parts share one checkpoint",
            Fault::Part(|part| {
                let first = Part::new(0, part.part.of()).expect("0 is below any number");
                *part = ProjectionPart::new(part.name.clone(), part.version, first);
            }),
            "nobody else runs this part",
        ),
        bite(
            "checkpoints are listed in any order",
            Checkpoints(|found| found.reverse()),
            "parts that are leased are listed",
        ),
        bite(
            "parts that have not begun are not listed",
            Checkpoints(|found| found.retain(|(_, at)| *at != es_core::Checkpoint::default())),
            "parts that are leased are listed",
        ),
    ]
}

pub(crate) fn another_number_of_parts_is_refused_once_begun() -> Vec<Bite> {
    vec![
        bite(
            "the number of parts cannot be changed",
            Request(|request| request.parts = 1),
            "nothing has begun, and there are two workers",
        ),
        bite(
            "another number of parts gets no lease",
            Leased(|leased| {
                if matches!(leased, Err(StoreError::Parts { .. })) {
                    *leased = Ok(Leases::default());
                }
            }),
            "2 parts must be refused",
        ),
        bite(
            "a commit does not look at the lease, or the parts",
            Fault::Committed(|done| *done = Ok(())),
            "who had a part of another split commits nothing",
        ),
    ]
}

const KEPT: Fault = Released(|lease| lease.epoch = Epoch::new(0));

fn each(leased: &mut Result<Leases, StoreError>, change: fn(&mut es_core::Lease)) {
    leased.iter_mut().flat_map(|leases| &mut leases.held).for_each(change);
}
