//! What a loan application is and what happens to it. Nothing here knows the file, the store or the report.

mod application;
mod events;
mod status;
mod work;

pub use application::{ApplicationId, LoanApplication, LoanError};
pub use events::{
    ApplicationAccepted, ApplicationActivated, ApplicationApproved, ApplicationCancelled,
    ApplicationDeclined, ApplicationFinalized, ApplicationPartlySubmitted, ApplicationPreaccepted,
    ApplicationRegistered, ApplicationSubmitted, OfferAccepted, OfferCancelled, OfferCreated,
    OfferDeclined, OfferSelected, OfferSent, OfferSentBack, WorkItemCompleted, WorkItemScheduled,
    WorkItemStarted,
};
pub use status::{Offers, Status};
pub use work::{WorkItem, WorkState};
