//! What is known about an event besides what happened.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// Who caused an event, in answer to what, and anything else worth keeping beside the payload.
///
/// ```
/// # use es_core::Metadata;
/// let by_ada = Metadata::new().actor("ada").with("channel", "branch");
/// assert_eq!(by_ada.actor.as_deref(), Some("ada"));
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Metadata {
    /// The conversation the event belongs to: the same for everything that one request set off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Uuid>,
    /// The event or command that this event answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<Uuid>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// For whom, where one store serves several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, Value>,
}

impl Metadata {
    /// Nothing known.
    pub const fn new() -> Self {
        Self {
            correlation: None,
            causation: None,
            actor: None,
            tenant: None,
            extra: BTreeMap::new(),
        }
    }

    /// Sets who did it.
    #[must_use]
    pub fn actor(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Sets for whom it was done.
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Sets the conversation.
    #[must_use]
    pub const fn correlation(mut self, id: Uuid) -> Self {
        self.correlation = Some(id);
        self
    }

    /// Sets what this answers.
    #[must_use]
    pub const fn causation(mut self, id: Uuid) -> Self {
        self.causation = Some(id);
        self
    }

    /// Adds an entry of the free map.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(key.into(), value.into());
        self
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.correlation.is_none()
            && self.causation.is_none()
            && self.actor.is_none()
            && self.tenant.is_none()
            && self.extra.is_empty()
    }
}
