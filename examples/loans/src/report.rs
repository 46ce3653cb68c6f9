//! What the read models say about all applications.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use comfy_table::{Cell, Table};
use es_core::prelude::*;

use crate::projections::{ApplicationOutcome, FunnelMonth, ResourceWorkload};
use crate::tables::{number, table, thousands};

/// How many resources the table for people lists.
const BUSIEST: usize = 10;

/// The report: what `--json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Events of all applications.
    pub events: u64,
    /// Applications.
    pub applications: u64,
    /// Applications that were approved at some time; one may also count in another of the three.
    pub approved: u64,
    /// Applications that were declined at some time.
    pub declined: u64,
    /// Applications that were cancelled at some time.
    pub cancelled: u64,
    /// Applications to which none of the three has happened.
    pub undecided: u64,
    /// What the approved applications asked for, in whole euros.
    pub amount_approved: u128,
    /// The application with the most events.
    pub longest_application: Option<Longest>,
    /// The resource with the most events.
    pub busiest_resource: Option<Busiest>,
    /// Applications by the month (UTC) in which they arrived.
    pub submitted_by_month: BTreeMap<String, u64>,
    #[serde(skip)]
    resources: Vec<ResourceWorkload>,
    #[serde(skip)]
    months: Vec<FunnelMonth>,
}

/// The application with the most events; of several the one with the smallest number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Longest {
    /// Its number.
    pub application: String,
    /// Its events.
    pub events: u64,
}

/// The resource with the most events; of several the one with the smallest name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Busiest {
    /// Its name.
    pub resource: String,
    /// The events that it caused.
    pub events: u64,
}

impl Report {
    /// Reads it from the read models of a store; the log is not looked at.
    ///
    /// # Errors
    /// [`ProjectionError`] when the read models are not there or cannot be read.
    pub async fn read<S: ProjectionStore>(store: &S) -> Result<Self, ProjectionError> {
        let outcomes = store.rows::<ApplicationOutcome>().await?;
        let resources = store.rows::<ResourceWorkload>().await?;
        let months = store.rows::<FunnelMonth>().await?;
        Ok(Self::of(&outcomes, resources, months))
    }

    fn of(
        outcomes: &[ApplicationOutcome],
        mut resources: Vec<ResourceWorkload>,
        months: Vec<FunnelMonth>,
    ) -> Self {
        let count = |is: fn(&ApplicationOutcome) -> bool| {
            outcomes.iter().filter(|outcome| is(outcome)).count() as u64
        };
        resources.sort_by(|a, b| rank(a.events, &a.resource).cmp(&rank(b.events, &b.resource)));
        let longest = outcomes.iter().min_by_key(|row| rank(row.events, &row.application));
        let approved = outcomes.iter().filter(|outcome| outcome.approved);
        let arrivals = months.iter().filter(|month| month.submitted > 0);
        Self {
            events: outcomes.iter().map(|outcome| outcome.events).sum(),
            applications: outcomes.len() as u64,
            approved: count(|outcome| outcome.approved),
            declined: count(|outcome| outcome.declined),
            cancelled: count(|outcome| outcome.cancelled),
            undecided: count(ApplicationOutcome::is_undecided),
            amount_approved: approved.map(|outcome| u128::from(outcome.amount_requested)).sum(),
            longest_application: longest
                .map(|row| Longest { application: row.application.clone(), events: row.events }),
            busiest_resource: resources
                .first()
                .map(|row| Busiest { resource: row.resource.clone(), events: row.events }),
            submitted_by_month: arrivals.map(|row| (row.month.clone(), row.submitted)).collect(),
            resources,
            months,
        }
    }

    /// One JSON object, with a line end.
    ///
    /// # Panics
    /// Never: the report holds only numbers and text.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("numbers and text are JSON");
        json.push('\n');
        json
    }

    /// Tables for people, with a line end.
    pub fn to_tables(&self) -> String {
        let (outcomes, busiest, funnel) = (self.outcomes(), self.busiest(), self.funnel());
        let of = self.resources.len();
        format!(
            "Applications\n{outcomes}\n\nMonth by month\n{funnel}\n\nThe busiest of {of} resources\n{busiest}\n"
        )
    }

    fn outcomes(&self) -> Table {
        let mut table = table(["", "number"]);
        let mut row = |what: &str, n: String| {
            table.add_row([Cell::new(what), number(n)]);
        };
        row("events", thousands(self.events));
        row("applications", thousands(self.applications));
        row("approved", thousands(self.approved));
        row("declined", thousands(self.declined));
        row("cancelled", thousands(self.cancelled));
        row("undecided", thousands(self.undecided));
        row("euros approved", thousands(self.amount_approved));
        if let Some(Longest { application, events }) = &self.longest_application {
            row(&format!("events of the longest, {application}"), thousands(events));
        }
        table
    }

    fn funnel(&self) -> Table {
        let header = ["month", "submitted", "preaccepted", "accepted", "finalized", "offers sent"];
        let mut table = table(header);
        let more = ["sent back", "approved", "declined", "cancelled"];
        table.set_header(header.into_iter().chain(more));
        for row in &self.months {
            let steps = [
                row.submitted,
                row.preaccepted,
                row.accepted,
                row.finalized,
                row.offers_sent,
                row.offers_sent_back,
                row.approved,
                row.declined,
                row.cancelled,
            ];
            let cells = steps.map(|n| number(thousands(n)));
            table.add_row([Cell::new(&row.month)].into_iter().chain(cells));
        }
        table
    }

    fn busiest(&self) -> Table {
        let mut table =
            table(["resource", "events", "applications in", "offers", "approvals", "work started"]);
        for row in self.resources.iter().take(BUSIEST) {
            let numbers =
                [row.events, row.submissions, row.offers, row.approvals, row.work_started];
            let cells = numbers.map(|n| number(thousands(n)));
            table.add_row([Cell::new(&row.resource)].into_iter().chain(cells));
        }
        table
    }
}

/// Most events first; of as many, the shorter name, then the smaller one: of numbers, the smaller number.
fn rank(events: u64, name: &str) -> (Reverse<u64>, usize, &str) {
    (Reverse(events), name.len(), name)
}

#[cfg(test)]
mod tests {
    use super::rank;

    #[test]
    fn ties_go_to_the_smallest_number() {
        let mut names = [(5, "112"), (5, "99"), (7, "200"), (5, "98"), (7, "1000")];
        names.sort_by_key(|(events, name)| rank(*events, name));
        assert_eq!(names.map(|(_, name)| name), ["200", "1000", "98", "99", "112"]);
    }
}
