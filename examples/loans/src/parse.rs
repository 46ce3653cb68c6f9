//! From a line of the log to an event of the domain, or the reason why not.

use std::borrow::Cow;

use es_core::prelude::*;
use es_core::{EncodeError, HandledBy, NewEvent};
use serde_json::error::Category;
use thiserror::Error;

use crate::domain::{
    ApplicationAccepted, ApplicationActivated, ApplicationApproved, ApplicationCancelled,
    ApplicationDeclined, ApplicationFinalized, ApplicationId, ApplicationPartlySubmitted,
    ApplicationPreaccepted, ApplicationRegistered, ApplicationSubmitted, LoanApplication,
    OfferAccepted, OfferCancelled, OfferCreated, OfferDeclined, OfferSelected, OfferSent,
    OfferSentBack, WorkItem, WorkItemCompleted, WorkItemScheduled, WorkItemStarted,
};

/// In which the ids of imported events are derived from their lines: never to be changed.
const LINES: Uuid = Uuid::from_u128(0x5d1f_7c60_92b4_4f0e_8a53_1be0_c7a9_26d4);

/// The longest number of an application and name of a resource, in bytes.
const MAX_NAME: usize = 100;

/// A line that was understood.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The application's number.
    pub application: String,
    /// Its stream.
    pub stream: StreamId,
    /// Whether the event begins an application.
    pub begins: bool,
    /// The event, with the time and the actor of the line. Its id is derived from the line's text, so an identical
    /// line is the same event wherever it stands.
    pub event: NewEvent,
}

/// Why a line cannot be imported.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum BadLine {
    /// Longer than any line of the log.
    #[error("the line is longer than {limit} bytes")]
    TooLong {
        /// The longest line that is read.
        limit: usize,
    },
    /// Not text.
    #[error("the line is not valid UTF-8 (byte {at})")]
    Utf8 {
        /// The first byte that is wrong, counted from 1.
        at: usize,
    },
    /// Not JSON.
    #[error("the line is not JSON: {reason} (column {column})")]
    Json {
        /// What the parser says.
        reason: String,
        /// Where, in bytes, counted from 1.
        column: usize,
    },
    /// JSON, but a field is missing, unknown, or of another type.
    #[error("the line is no entry of the log: {reason}")]
    Fields {
        /// What the parser says.
        reason: String,
    },
    /// A name that cannot be kept.
    #[error("`{field}` is empty, longer than {MAX_NAME} bytes, or holds control characters")]
    Name {
        /// The field.
        field: &'static str,
    },
    /// A time that is none.
    #[error("`at` is not a time such as `2011-10-01T06:08:58.256Z`: `{text}`")]
    Time {
        /// What stands there.
        text: String,
    },
    /// An activity that is not in the domain.
    #[error("unknown activity `{activity}`")]
    Activity {
        /// Its name.
        activity: String,
    },
    /// A transition that the activity does not have.
    #[error("`{activity}` has no transition `{transition}`")]
    Transition {
        /// The activity.
        activity: String,
        /// What stands there.
        transition: String,
    },
    /// An application for an unknown amount.
    #[error("`A_SUBMITTED` has no `amount_requested`")]
    NoAmount,
    /// More than a database column of whole numbers holds.
    #[error("`amount_requested` is more than {}", i64::MAX)]
    Amount,
    /// An amount that would be lost.
    #[error("`amount_requested` stands with `{activity}`, it belongs to `A_SUBMITTED`")]
    StrayAmount {
        /// The activity.
        activity: String,
    },
    /// The event cannot be written.
    #[error("the event cannot be stored")]
    Encode(#[from] EncodeError),
    /// The application's number cannot be made a stream.
    #[error("the application cannot be stored")]
    Stream(#[from] es_core::Invalid),
    /// Something happens to an application that has not been submitted.
    #[error("application {application} does not begin with `A_SUBMITTED`")]
    NotBegun {
        /// Its number.
        application: String,
    },
    /// An application is submitted a second time.
    #[error("application {application} has been submitted before")]
    BegunTwice {
        /// Its number.
        application: String,
    },
}

/// A line as it stands in the log. Nothing is dropped in silence, so a field that is not known is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    application: Cow<'a, str>,
    #[serde(borrow)]
    activity: Cow<'a, str>,
    #[serde(borrow)]
    transition: Cow<'a, str>,
    #[serde(borrow)]
    at: Cow<'a, str>,
    amount_requested: Option<u64>,
    #[serde(borrow)]
    resource: Option<Cow<'a, str>>,
}

/// Understands one line, without its line end.
///
/// # Errors
/// [`BadLine`] says what is wrong with it.
pub fn parse(line: &[u8]) -> Result<Entry, BadLine> {
    let text =
        std::str::from_utf8(line).map_err(|error| BadLine::Utf8 { at: error.valid_up_to() + 1 })?;
    let fields: Line<'_> = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    check_name("application", &fields.application)?;
    let metadata = match &fields.resource {
        None => Metadata::new(),
        Some(resource) => {
            check_name("resource", resource)?;
            Metadata::new().actor(&**resource)
        }
    };
    let at = DateTime::parse_from_rfc3339(&fields.at)
        .map_err(|_| BadLine::Time { text: fields.at.clone().into_owned() })?;
    let event = event(&fields)?
        .id(EventId::from_name(LINES, line))
        .occurred_at(at.to_utc())
        .metadata(metadata);
    let application = fields.application.into_owned();
    let id = ApplicationId::from_name(&application);
    let stream = LoanApplication::stream_id(id)?;
    Ok(Entry { application, stream, begins: fields.activity == "A_SUBMITTED", event })
}

fn unreadable(error: &serde_json::Error) -> BadLine {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    // The parser sees one line only: its own "line 1" would be taken for a line of the file.
    let place = format!(" at line {line} column {column}");
    let reason = text.strip_suffix(&place).unwrap_or(&text).to_owned();
    match error.classify() {
        Category::Data => BadLine::Fields { reason },
        _ => BadLine::Json { reason, column },
    }
}

/// Control characters are refused here, where the line is known, and not by the store, where it is not.
fn check_name(field: &'static str, name: &str) -> Result<(), BadLine> {
    if name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(BadLine::Name { field });
    }
    Ok(())
}

fn event(line: &Line<'_>) -> Result<NewEvent, BadLine> {
    let activity = || line.activity.clone().into_owned();
    if line.amount_requested.is_some() && line.activity != "A_SUBMITTED" {
        return Err(BadLine::StrayAmount { activity: activity() });
    }
    if let Some(name) = line.activity.strip_prefix("W_") {
        let work_item =
            work_item(name).ok_or_else(|| BadLine::Activity { activity: activity() })?;
        return match &*line.transition {
            "schedule" => encode(&WorkItemScheduled { work_item }),
            "start" => encode(&WorkItemStarted { work_item }),
            "complete" => encode(&WorkItemCompleted { work_item }),
            _ => Err(no_transition(line)),
        };
    }
    let event = match &*line.activity {
        "A_SUBMITTED" => encode(&submitted(line)?),
        "A_PARTLYSUBMITTED" => encode(&ApplicationPartlySubmitted {}),
        "A_PREACCEPTED" => encode(&ApplicationPreaccepted {}),
        "A_ACCEPTED" => encode(&ApplicationAccepted {}),
        "A_FINALIZED" => encode(&ApplicationFinalized {}),
        "A_APPROVED" => encode(&ApplicationApproved {}),
        "A_REGISTERED" => encode(&ApplicationRegistered {}),
        "A_ACTIVATED" => encode(&ApplicationActivated {}),
        "A_DECLINED" => encode(&ApplicationDeclined {}),
        "A_CANCELLED" => encode(&ApplicationCancelled {}),
        "O_SELECTED" => encode(&OfferSelected {}),
        "O_CREATED" => encode(&OfferCreated {}),
        "O_SENT" => encode(&OfferSent {}),
        "O_SENT_BACK" => encode(&OfferSentBack {}),
        "O_ACCEPTED" => encode(&OfferAccepted {}),
        "O_DECLINED" => encode(&OfferDeclined {}),
        "O_CANCELLED" => encode(&OfferCancelled {}),
        _ => Err(BadLine::Activity { activity: activity() }),
    }?;
    if line.transition == "complete" { Ok(event) } else { Err(no_transition(line)) }
}

fn submitted(line: &Line<'_>) -> Result<ApplicationSubmitted, BadLine> {
    let amount_requested = line.amount_requested.ok_or(BadLine::NoAmount)?;
    if i64::try_from(amount_requested).is_err() {
        return Err(BadLine::Amount);
    }
    Ok(ApplicationSubmitted {
        application: line.application.clone().into_owned(),
        amount_requested,
    })
}

/// The kinds of work as the log calls them.
fn work_item(name: &str) -> Option<WorkItem> {
    Some(match name {
        "Afhandelen leads" => WorkItem::HandleLead,
        "Completeren aanvraag" => WorkItem::CompleteApplication,
        "Nabellen offertes" => WorkItem::CallAboutOffer,
        "Nabellen incomplete dossiers" => WorkItem::CallAboutMissingPapers,
        "Valideren aanvraag" => WorkItem::ValidateApplication,
        "Beoordelen fraude" => WorkItem::AssessFraud,
        "Wijzigen contractgegevens" => WorkItem::ChangeContract,
        _ => return None,
    })
}

/// The bound makes sure at compile time that nothing is imported which the aggregate could not replay.
fn encode<E: HandledBy<LoanApplication>>(event: &E) -> Result<NewEvent, BadLine> {
    Ok(NewEvent::of(event)?)
}

fn no_transition(line: &Line<'_>) -> BadLine {
    let (activity, transition) = (&line.activity, &line.transition);
    BadLine::Transition {
        activity: activity.clone().into_owned(),
        transition: transition.clone().into_owned(),
    }
}
