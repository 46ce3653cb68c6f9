//! The one domain that both crates are about: what they must have in common stands here and nowhere else.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// Each noun is an aggregate, and each word after it an event of its: the first one begins the stream.
const NOUNS: [(&str, &str); 20] = [
    (
        "Account",
        "Opened Renamed Deposited Withdrawn Charged Frozen Thawed LimitRaised OwnerChanged Closed",
    ),
    (
        "Basket",
        "Started ItemAdded ItemRemoved QuantityChanged CouponApplied CouponDropped Saved Restored CheckedOut Abandoned",
    ),
    (
        "Booking",
        "Requested Confirmed Moved GuestAdded GuestRemoved Upgraded DepositPaid CheckedIn CheckedOut Cancelled",
    ),
    (
        "Campaign",
        "Drafted Approved Scheduled Launched Paused Resumed BudgetRaised BudgetCut AudienceChanged Finished",
    ),
    (
        "Contract",
        "Offered Amended Signed Countersigned Extended ClauseAdded ClauseStruck Breached Settled Terminated",
    ),
    (
        "Course",
        "Announced Opened StudentEnrolled StudentLeft LessonAdded LessonMoved TeacherChanged Graded Repeated Archived",
    ),
    (
        "Customer",
        "Registered Renamed Moved EmailChanged PhoneChanged Verified Suspended Reinstated Tagged Erased",
    ),
    (
        "Delivery",
        "Planned Packed Labelled PickedUp Scanned Delayed Rerouted Attempted Delivered Returned",
    ),
    (
        "Employee",
        "Hired Promoted Transferred SalaryChanged LeaveTaken LeaveCancelled Reviewed Trained Warned Dismissed",
    ),
    (
        "Invoice",
        "Issued LineAdded LineRemoved Discounted Sent Reminded PartlyPaid Paid Disputed WrittenOff",
    ),
    (
        "Machine",
        "Installed Started Stopped Calibrated Serviced PartReplaced FaultFound FaultCleared Moved Scrapped",
    ),
    (
        "Order",
        "Placed LineAdded LineRemoved AddressChanged Approved Paid Packed Shipped Refunded Cancelled",
    ),
    (
        "Parcel",
        "Registered Weighed Stamped Accepted Sorted Forwarded Held Released HandedOver Lost",
    ),
    (
        "Patient",
        "Admitted Examined Diagnosed Prescribed WardChanged AllergyNoted Operated Visited Recovered Discharged",
    ),
    (
        "Product",
        "Listed Described PriceRaised PriceCut Photographed Categorised Stocked SoldOut Recalled Withdrawn",
    ),
    (
        "Project",
        "Proposed Funded Staffed MilestoneSet MilestoneMet RiskNoted RiskClosed Paused Resumed Completed",
    ),
    (
        "Subscription",
        "Begun Renewed PlanRaised PlanLowered CardChanged Charged ChargeFailed Paused Resumed Ended",
    ),
    (
        "Ticket",
        "Reported Assigned Prioritised Commented Linked Reopened Escalated Resolved Merged Closed",
    ),
    (
        "Vehicle",
        "Bought Fuelled Driven Inspected Insured Damaged Repaired DriverChanged Leased Sold",
    ),
    (
        "Warehouse",
        "Built ShelfAdded ShelfRemoved GoodsReceived GoodsIssued Counted Corrected Inspected Expanded Closed",
    ),
];

/// The fields of an aggregate's state; an event carries two to five of them.
const FIELDS: [Field; 8] = [
    Field { name: "name", kind: Kind::Text },
    Field { name: "amount", kind: Kind::Number },
    Field { name: "owner", kind: Kind::Id },
    Field { name: "note", kind: Kind::MaybeText },
    Field { name: "tags", kind: Kind::Texts },
    Field { name: "quantity", kind: Kind::Number },
    Field { name: "parent", kind: Kind::MaybeId },
    Field { name: "reference", kind: Kind::Text },
];

/// The fields that a read model's row repeats.
const ROW_FIELDS: [&str; 4] = ["name", "amount", "owner", "note"];

/// An aggregate with its events.
#[derive(Debug)]
pub(crate) struct Aggregate {
    pub(crate) noun: &'static str,
    pub(crate) events: Vec<Event>,
}

/// An event.
#[derive(Debug)]
pub(crate) struct Event {
    /// The type's name, such as `AccountOpened`.
    pub(crate) ident: Ident,
    /// Its handler's name, such as `opened`.
    pub(crate) method: Ident,
    /// Its stored name, such as `account-opened`.
    pub(crate) stored: String,
    pub(crate) fields: Vec<Field>,
}

/// A field of an event and of the state that it changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Number,
    Id,
    MaybeText,
    MaybeId,
    Texts,
}

/// The whole domain: 20 aggregates with 10 events each.
pub(crate) fn aggregates() -> Vec<Aggregate> {
    let events = |noun, verbs: &str, at: usize| -> Vec<Event> {
        let verbs = verbs.split(' ').enumerate();
        verbs.map(|(n, verb)| Event::new(noun, verb, fields(at + n))).collect()
    };
    let nouns = NOUNS.iter().enumerate();
    nouns.map(|(at, (noun, verbs))| Aggregate { noun, events: events(noun, verbs, at) }).collect()
}

/// Two to five neighbours of the list of fields.
fn fields(seed: usize) -> Vec<Field> {
    FIELDS.iter().cycle().skip(seed * 3 % FIELDS.len()).take(2 + seed % 4).copied().collect()
}

impl Aggregate {
    /// The type's name.
    pub(crate) fn ident(&self) -> Ident {
        ident(self.noun)
    }

    /// The type of its read model's row.
    pub(crate) fn row(&self) -> Ident {
        ident(&format!("{}Row", self.noun))
    }

    /// The projection that writes the rows.
    pub(crate) fn projection(&self) -> Ident {
        ident(&format!("{}Rows", self.noun))
    }

    /// Its stored name and its module's, such as `account`.
    pub(crate) fn name(&self) -> String {
        self.noun.to_lowercase()
    }

    /// The name of the read model's table and of its projection, such as `account_rows`.
    pub(crate) fn table(&self) -> String {
        format!("{}_rows", self.name())
    }

    /// Every field of its state.
    pub(crate) const fn state() -> &'static [Field] {
        &FIELDS
    }

    /// The fields of its read model's row, besides the key and the counter.
    pub(crate) fn row_fields() -> impl Iterator<Item = &'static Field> {
        FIELDS.iter().filter(|field| field.is_in_row())
    }
}

impl Event {
    fn new(noun: &str, verb: &str, fields: Vec<Field>) -> Self {
        let method = separated(verb, '_');
        let stored = format!("{}-{}", noun.to_lowercase(), separated(verb, '-'));
        Self { ident: ident(&format!("{noun}{verb}")), method: ident(&method), stored, fields }
    }

    /// The fields that its read model's row repeats.
    pub(crate) fn row_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_in_row())
    }
}

impl Field {
    pub(crate) fn ident(self) -> Ident {
        ident(self.name)
    }

    fn is_in_row(&self) -> bool {
        ROW_FIELDS.contains(&self.name)
    }
}

impl Kind {
    /// The type as it is written.
    pub(crate) fn ty(self) -> TokenStream {
        match self {
            Self::Text => quote!(String),
            Self::Number => quote!(i64),
            Self::Id => quote!(Uuid),
            Self::MaybeText => quote!(Option<String>),
            Self::MaybeId => quote!(Option<Uuid>),
            Self::Texts => quote!(Vec<String>),
        }
    }

    /// Some value of it.
    pub(crate) fn example(self) -> TokenStream {
        match self {
            Self::Text => quote!("a few words".to_owned()),
            Self::Number => quote!(42),
            Self::Id => quote!(Uuid::from_u128(7)),
            Self::MaybeText => quote!(Some("in a hurry".to_owned())),
            Self::MaybeId => quote!(None),
            Self::Texts => quote!(vec!["red".to_owned(), "round".to_owned()]),
        }
    }
}

/// An identifier of generated code.
pub(crate) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// `LimitRaised` as `limit_raised`.
fn separated(words: &str, separator: char) -> String {
    let mut text = String::new();
    for letter in words.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push(separator);
        }
        text.extend(letter.to_lowercase());
    }
    text
}
