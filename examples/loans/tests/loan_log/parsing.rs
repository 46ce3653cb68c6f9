//! Lines that are understood, and lines that are not.

use std::collections::BTreeSet;

use es_core::prelude::*;
use loans::domain::{LoanApplication, WorkItem};
use loans::parse::parse;

use crate::logs::sample_lines;

const GOOD: &str = r#"{"application":"173688","activity":"A_SUBMITTED","transition":"complete","at":"2011-09-30T22:38:44.546Z","amount_requested":20000,"resource":"112"}"#;

#[test]
fn a_line_becomes_an_event_with_its_time_and_its_actor() {
    let entry = parse(GOOD.as_bytes()).unwrap();
    assert_eq!(entry.application, "173688");
    assert!(entry.begins);
    assert_eq!(entry.stream.category().as_str(), "loan-application");
    assert_eq!(entry.stream.id(), LoanApplication::id_from_name("173688").uuid());
    assert_eq!(entry.event.name, "application-submitted");
    assert_eq!(
        entry.event.payload.as_str(),
        r#"{"application":"173688","amount_requested":20000}"#
    );
    assert_eq!(entry.event.occurred_at.to_rfc3339(), "2011-09-30T22:38:44.546+00:00");
    assert_eq!(entry.event.metadata, Metadata::new().actor("112"));
    // Derived from the text alone, so that the same line is the same event for ever.
    assert_eq!(entry.event.id.to_string(), "21d7e3d4-e761-5d1b-b7f4-2b3d55b3f08c");
}

#[test]
fn what_may_be_absent_or_written_otherwise() {
    let entry = |from: &str, to: &str| {
        assert!(GOOD.contains(from), "{from}");
        parse(GOOD.replace(from, to).as_bytes()).unwrap()
    };
    assert_eq!(entry(r#","resource":"112""#, "").event.metadata, Metadata::new());
    assert_eq!(entry(r#""112""#, "null").event.metadata, Metadata::new());
    let paris = entry("2011-09-30T22:38:44.546Z", "2011-10-01T00:38:44.546+02:00");
    assert_eq!(paris.event.occurred_at.to_rfc3339(), "2011-09-30T22:38:44.546+00:00");
    assert_eq!(entry("173688", r"17\u00333688").application, "1733688");
    let largest = entry("20000", "9223372036854775807").event.payload;
    assert!(largest.as_str().contains("9223372036854775807"), "{largest:?}");
    assert!(entry("20000", "0").begins);
}

#[test]
fn the_sample_has_every_event_and_every_kind_of_work() {
    let (mut names, mut work) = (BTreeSet::new(), BTreeSet::new());
    for line in sample_lines() {
        let event = parse(line.trim_end().as_bytes()).unwrap().event;
        names.insert(event.name.as_str().to_owned());
        if event.name.as_str().starts_with("work-item") {
            work.insert(event.payload.as_str().to_owned());
        }
    }
    let handled: BTreeSet<_> =
        LoanApplication::HANDLERS.iter().map(|row| row.event().name().to_owned()).collect();
    assert_eq!(handled.len(), 20);
    assert_eq!(names, handled);
    assert_eq!(work.len(), WorkItem::ALL.len());
}

#[test]
fn every_transition_of_every_kind_of_work() {
    for (name, stored) in [
        ("Afhandelen leads", "handle-lead"),
        ("Completeren aanvraag", "complete-application"),
        ("Nabellen offertes", "call-about-offer"),
        ("Nabellen incomplete dossiers", "call-about-missing-papers"),
        ("Valideren aanvraag", "validate-application"),
        ("Beoordelen fraude", "assess-fraud"),
        ("Wijzigen contractgegevens", "change-contract"),
    ] {
        for (transition, event) in [
            ("schedule", "work-item-scheduled"),
            ("start", "work-item-started"),
            ("complete", "work-item-completed"),
        ] {
            let line = crate::logs::line("1", &format!("W_{name}"), transition, 0);
            let entry = parse(line.as_bytes()).unwrap();
            assert_eq!(entry.event.name, event);
            assert_eq!(entry.event.payload.as_str(), format!(r#"{{"work_item":"{stored}"}}"#));
            assert!(!entry.begins);
        }
    }
}

#[test]
fn bad_lines_are_refused_with_the_reason() {
    let long = "x".repeat(101);
    let cases = [
        ("{\"application\"", "{", "the line is not JSON: key must be a string (column 2)"),
        ("\"112\"}", "\"112\"", "the line is not JSON: EOF while parsing an object (column 146)"),
        ("\"112\"}", "\"112\"} x", "the line is not JSON: trailing characters (column 149)"),
        (
            r#""application":"173688","#,
            "",
            "the line is no entry of the log: missing field `application`",
        ),
        (
            r#","at":"2011-09-30T22:38:44.546Z""#,
            "",
            "the line is no entry of the log: missing field `at`",
        ),
        (
            r#""173688""#,
            "173688",
            "the line is no entry of the log: invalid type: integer `173688`, expected a string",
        ),
        (
            "20000",
            "-1",
            "the line is no entry of the log: invalid value: integer `-1`, expected u64",
        ),
        (
            "20000",
            "2.5",
            "the line is no entry of the log: invalid type: floating point `2.5`, expected u64",
        ),
        ("20000", "9223372036854775808", "`amount_requested` is more than 9223372036854775807"),
        (r#","amount_requested":20000"#, "", "`A_SUBMITTED` has no `amount_requested`"),
        (
            "A_SUBMITTED",
            "A_DECLINED",
            "`amount_requested` stands with `A_DECLINED`, it belongs to `A_SUBMITTED`",
        ),
        (
            r#""amount_requested":20000"#,
            r#""currency":"EUR""#,
            "the line is no entry of the log: unknown field `currency`, expected one of `application`, `activity`, `transition`, `at`, `amount_requested`, `resource`",
        ),
        ("complete", "start", "`A_SUBMITTED` has no transition `start`"),
        (
            "22:38",
            "25:38",
            "`at` is not a time such as `2011-10-01T06:08:58.256Z`: `2011-09-30T25:38:44.546Z`",
        ),
        (
            ".546Z",
            ".546",
            "`at` is not a time such as `2011-10-01T06:08:58.256Z`: `2011-09-30T22:38:44.546`",
        ),
        (
            "173688",
            "",
            "`application` is empty, longer than 100 bytes, or holds control characters",
        ),
        (
            "173688",
            &long,
            "`application` is empty, longer than 100 bytes, or holds control characters",
        ),
        (
            "173688",
            r"1\u0000",
            "`application` is empty, longer than 100 bytes, or holds control characters",
        ),
        (
            r#""112""#,
            r#""1\n2""#,
            "`resource` is empty, longer than 100 bytes, or holds control characters",
        ),
    ];
    for (from, to, reason) in cases {
        assert!(GOOD.contains(from), "{from}");
        let line = GOOD.replace(from, to);
        let refused = parse(line.as_bytes()).expect_err(&line);
        assert_eq!(refused.to_string(), reason, "{line}");
    }
    let other = GOOD.replace(r#","amount_requested":20000"#, "");
    for (activity, transition, reason) in [
        ("A_UNKNOWN", "complete", "unknown activity `A_UNKNOWN`"),
        ("W_Koffie zetten", "complete", "unknown activity `W_Koffie zetten`"),
        ("a_declined", "complete", "unknown activity `a_declined`"),
        ("A_DECLINED", "schedule", "`A_DECLINED` has no transition `schedule`"),
        ("O_SENT", "COMPLETE", "`O_SENT` has no transition `COMPLETE`"),
        ("W_Afhandelen leads", "end", "`W_Afhandelen leads` has no transition `end`"),
    ] {
        let line = other.replace("A_SUBMITTED", activity).replace("complete", transition);
        assert_eq!(parse(line.as_bytes()).expect_err(&line).to_string(), reason, "{line}");
    }
    assert_eq!(parse(b"{\"\xff").unwrap_err().to_string(), "the line is not valid UTF-8 (byte 3)");
}
