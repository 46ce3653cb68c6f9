//! What may be decided about an application.

use es_core::testing::given;
use loans::domain::{
    ApplicationApproved, ApplicationCancelled, ApplicationDeclined, ApplicationSubmitted,
    LoanApplication, LoanError, OfferAccepted, OfferCreated, OfferSent, OfferSentBack, Status,
    WorkItem, WorkItemCompleted, WorkItemScheduled, WorkItemStarted, WorkState,
};

fn submitted() -> ApplicationSubmitted {
    ApplicationSubmitted { application: "1".to_owned(), amount_requested: 5_000 }
}

#[test]
fn a_loan_is_granted_on_an_offer_that_came_back() {
    given((submitted(), OfferCreated {}, OfferSent {}, OfferSentBack {}))
        .when(LoanApplication::approve)
        .then((OfferAccepted {}, ApplicationApproved {}))
        .then_state(|application| {
            assert_eq!(application.status(), Status::Approved);
            assert_eq!(application.offers().accepted, 1);
        })
        .then_reconstructs();
}

#[test]
fn a_loan_is_not_granted_without_one() {
    given((submitted(), OfferCreated {}, OfferSent {}))
        .when(LoanApplication::approve)
        .then_error(LoanError::NoOfferSentBack);
}

#[test]
fn what_is_decided_stays_decided() {
    let decided = |status| LoanError::Decided { status };
    given((submitted(), OfferSentBack {}, ApplicationDeclined {}))
        .when(LoanApplication::approve)
        .then_error(decided("declined"));
    given((submitted(), OfferSentBack {}, ApplicationApproved {}))
        .when(LoanApplication::cancel)
        .then_error(decided("approved"));
    given((submitted(), OfferSentBack {}, ApplicationCancelled {}))
        .when(LoanApplication::approve)
        .then_error(decided("cancelled"));
}

#[test]
fn a_customer_withdraws_once() {
    given(submitted()).when(LoanApplication::cancel).then(ApplicationCancelled {});
    given((submitted(), ApplicationCancelled {})).when(LoanApplication::cancel).then_nothing();
}

#[test]
fn work_is_open_until_it_is_completed_and_may_be_taken_up_again() {
    let work_item = WorkItem::CallAboutOffer;
    let scheduled = (submitted(), WorkItemScheduled { work_item });
    let started = (scheduled.clone(), WorkItemStarted { work_item });
    let completed = (started.clone(), WorkItemCompleted { work_item });
    let open = |application: &LoanApplication| application.open_work().get(&work_item).copied();
    given(scheduled).then_state(|a| assert_eq!(open(a), Some(WorkState::Scheduled)));
    given(started).then_state(|a| assert_eq!(open(a), Some(WorkState::Started)));
    given(completed.clone()).then_state(|a| assert_eq!(open(a), None));
    given((completed, WorkItemStarted { work_item }))
        .then_state(|a| assert_eq!(open(a), Some(WorkState::Started)));
}
