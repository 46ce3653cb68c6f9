//! The work that people do on an application.

use std::fmt;

use es_core::prelude::*;

/// A kind of work. The names in `serde` are stored in events: they stay as they are, whatever the variants are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum WorkItem {
    /// Follow up an application that is only begun.
    #[serde(rename = "handle-lead")]
    HandleLead,
    /// Complete an application that was preaccepted.
    #[serde(rename = "complete-application")]
    CompleteApplication,
    /// Call customers who were sent an offer.
    #[serde(rename = "call-about-offer")]
    CallAboutOffer,
    /// Call customers whose papers are not complete.
    #[serde(rename = "call-about-missing-papers")]
    CallAboutMissingPapers,
    /// Check what the customer sent back.
    #[serde(rename = "validate-application")]
    ValidateApplication,
    /// Look into a suspected fraud.
    #[serde(rename = "assess-fraud")]
    AssessFraud,
    /// Change the terms of a contract.
    #[serde(rename = "change-contract")]
    ChangeContract,
}

impl WorkItem {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::HandleLead,
        Self::CompleteApplication,
        Self::CallAboutOffer,
        Self::CallAboutMissingPapers,
        Self::ValidateApplication,
        Self::AssessFraud,
        Self::ChangeContract,
    ];
}

impl fmt::Display for WorkItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HandleLead => "handle the lead",
            Self::CompleteApplication => "complete the application",
            Self::CallAboutOffer => "call about the offer",
            Self::CallAboutMissingPapers => "call about missing papers",
            Self::ValidateApplication => "validate the application",
            Self::AssessFraud => "assess a suspected fraud",
            Self::ChangeContract => "change the contract",
        })
    }
}

/// How far an open work item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkState {
    /// It waits for somebody.
    Scheduled,
    /// Somebody is at it.
    Started,
}

impl fmt::Display for WorkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheduled => "scheduled",
            Self::Started => "started",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_names_never_change() {
        let stored = serde_json::to_string(&WorkItem::ALL).unwrap();
        assert_eq!(
            stored,
            r#"["handle-lead","complete-application","call-about-offer","call-about-missing-papers","validate-application","assess-fraud","change-contract"]"#
        );
        assert_eq!(serde_json::from_str::<[WorkItem; 7]>(&stored).unwrap(), WorkItem::ALL);
    }
}
