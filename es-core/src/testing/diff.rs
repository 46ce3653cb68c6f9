//! Events and differences as a person reads them.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};

use serde_json::value::RawValue;
use similar::{ChangeTag, TextDiff};

use crate::record::NewEvent;

/// How many equal lines are shown around a difference.
const CONTEXT: usize = 10;

/// Each event as `name vN` and its JSON. The text is the same exactly when the events are.
pub(super) fn events(events: &[NewEvent]) -> String {
    let mut text = String::new();
    for event in events {
        let _ = write!(text, "{:?} v{}\n  ", event.name, event.schema_version);
        pretty(event.payload.as_str(), 1, &mut text);
        text.push('\n');
    }
    text
}

/// The lines in which two texts differ, and some around them.
pub(super) fn lines(expected: &str, found: &str) -> String {
    let diff = TextDiff::from_lines(expected, found);
    let mut text = String::new();
    for (at, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if at > 0 {
            text.push_str("  …\n");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            text.push_str(match change.tag() {
                ChangeTag::Delete => "- ",
                ChangeTag::Insert => "+ ",
                ChangeTag::Equal => "  ",
            });
            text.push_str(change.value().trim_end_matches('\n'));
            text.push('\n');
        }
    }
    text
}

/// The lines in which two values differ, as `Debug` writes them.
pub(super) fn values(expected: &dyn Debug, found: &dyn Debug) -> String {
    let (expected, found) = (format!("{expected:#?}\n"), format!("{found:#?}\n"));
    if expected == found {
        return format!("{expected}(unequal, though both are written like this)\n");
    }
    lines(&expected, &found)
}

/// JSON with one value a line and its keys sorted, since maps write them in any order. Numbers keep their spelling:
/// going through `serde_json::Value` would round large ones and call different events equal.
fn pretty(json: &str, level: usize, text: &mut String) {
    let json = json.trim_start();
    if let Ok(fields) = serde_json::from_str::<BTreeMap<String, &RawValue>>(json) {
        let fields = fields.iter().map(|(key, value)| (Some(key.as_str()), value.get()));
        nested('{', '}', fields, level, text);
    } else if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json) {
        nested('[', ']', items.iter().map(|value| (None, value.get())), level, text);
    } else {
        text.push_str(json);
    }
}

fn nested<'a>(
    open: char,
    close: char,
    values: impl ExactSizeIterator<Item = (Option<&'a str>, &'a str)>,
    level: usize,
    text: &mut String,
) {
    text.push(open);
    let last = values.len();
    for (at, (key, value)) in (1..).zip(values) {
        line(level + 1, text);
        if let Some(key) = key {
            let _ = write!(text, "{key:?}: ");
        }
        pretty(value, level + 1, text);
        if at < last {
            text.push(',');
        }
    }
    if last > 0 {
        line(level, text);
    }
    text.push(close);
}

fn line(level: usize, text: &mut String) {
    text.push('\n');
    (0..level).for_each(|_| text.push_str("  "));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::SchemaVersion;
    use crate::name::EventName;
    use crate::payload::Payload;

    fn event(json: &str) -> NewEvent {
        let name = EventName::new("moved").expect("a good name");
        NewEvent::raw(name, SchemaVersion::FIRST, Payload::from_json(json).expect("JSON"))
    }

    #[test]
    fn events_are_shown_by_name_version_and_sorted_json() {
        let text = events(&[event(r#"{"to":[1,{}],"by":{"x":null},"n":[]}"#), event("1.10")]);
        let wanted = "\"moved\" v1\n  {\n    \"by\": {\n      \"x\": null\n    },\n    \"n\": [],\n    \"to\": [\n      1,\n      {}\n    ]\n  }\n\"moved\" v1\n  1.10\n";
        assert_eq!(text, wanted);
    }

    #[test]
    fn large_numbers_that_round_to_the_same_float_differ() {
        let (one, other) =
            (event("123456789012345678901234567890"), event("123456789012345678901234567891"));
        assert_ne!(events(&[one]), events(&[other]));
    }

    #[test]
    fn far_apart_differences_are_shown_with_what_is_around_them() {
        let text = |changed: &str| {
            (1..=50).fold(String::new(), |text, n| {
                let line = if n == 2 || n == 45 { changed } else { "same" };
                text + &format!("{n} {line}\n")
            })
        };
        let shown = lines(&text("old"), &text("new"));
        assert!(shown.starts_with("  1 same\n- 2 old\n+ 2 new\n  3 same\n"), "{shown}");
        assert!(shown.contains("  12 same\n  …\n  35 same\n"), "{shown}");
    }
}
