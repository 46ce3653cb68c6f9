//! What the user has written comes first in the output, token by token and with its own places, but for our helper
//! attributes: so completion and go-to-definition work inside an annotated block, also in one with mistakes.

use std::ops::Range;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::MACROS;

/// A token, or one end of a group, with its place in the source.
type Placed = (String, Range<usize>);

/// Valid for both macros.
const VALID: &str = r#"
    #[cfg(all())]
    #[doc = "An impl."]
    impl self::accounts::Account {
        /// A comment.
        const LIMIT: u8 = 1_0;

        #[handles(Opened)]
        #[cfg(any(test, not(feature = "old")))]
        pub(crate) fn opened(&mut self, event: &Opened) {
            let r#type = |x: &'static str| -> Vec<Vec<u8>> { vec![x.into(), b"\"\x01".to_vec()] };
            self.names.extend(event.names.iter().map(|n| r#type(n)));
            match event { Opened { kind: 'k', .. } if 1.5e3 > 0x1f as f64 => (), _ => return }
        }

        #[inline] #[es_core::handles(limits::Raised)] #[must_use]
        fn raised(self: &mut Self, Raised(_, ref by): &limits::Raised, _cx: &EventContext<'_>) {
            self.limit <<= by;
        }

        #[allow(dead_code)]
        pub async unsafe fn other<'a, T: Fn(&'a u8) -> bool + ?Sized>(&'a self, f: &T) -> impl Sized where T: Send {
            debug!(target = "x", ?f);
        }

        log_all! { a => b; }
    }
"#;

/// The mistakes are ours to report; the block is one that parses.
const MISTAKEN: &str = r#"
    impl Account {
        #[handles(Opened)] #[handles(Closed)]
        async fn opened<T>(self, event: Opened, a: u8, b: u8, c: u8) -> u32 { 1 }
        #[handles]
        fn closed(&mut self) { self.names.clear() }
        #[handles(Closed)]
        const N: u8 = 1;
        #[handles("Closed")]
        fn text(&mut self, _: &Closed) {}
    }
"#;

/// An impl that we refuse as a whole.
const REFUSED: &str = r"
    unsafe impl<'a, const N: usize> !Handles<Opened> for Account<'a, N> where [(); N]: Sized {
        #[handles(Opened)]
        fn opened(&mut self, event: &Opened) {}
    }
";

/// Not an impl, or, as in an editor while someone types, not an item at all.
const UNREADABLE: &[&str] = &[
    "#[derive(Debug)] pub struct Account { #[handles(Opened)] pub id: Uuid }",
    "fn opened(event: &Opened) {}",
    "impl Account { #[handles(Opened)] fn opened(&mut self, event: &Opened) { self. } }",
    "impl Account { #[handles(Opened)] fn opened(&mut self, event: &Opened) { let x = event.; } fn b() {} }",
    "impl Account { #[handles(Opened)] fn opened(&mut self, event: ) {} }",
    "impl Account { #[handles(Opened)] fn }",
    "impl Account { fn opened() {} #[handles(Opened)] }",
    "impl Account { #[handles(Opened)] fn opened(&mut self) {} } impl",
    "impl",
];

const OPTIONS: &[(&str, &[&str])] = &[
    (
        "aggregate",
        &["name = \"account\", id = Uuid", "", "id =", "unknown = 1, id = \"Uuid\", name = \"\""],
    ),
    ("projection", &["name = \"accounts\", version = 2", "", "version = 0, version = x", "="]),
];

#[test]
fn comes_first_and_as_it_was_but_for_helper_attributes() {
    for item in [VALID, MISTAKEN, REFUSED] {
        for_all_options(item, |item| flat(item, true));
    }
}

#[test]
fn comes_first_and_as_it_was_when_it_cannot_be_read() {
    for item in UNREADABLE {
        for_all_options(item, |item| flat(item, false));
    }
}

#[test]
fn an_error_follows_what_cannot_be_read() {
    for item in UNREADABLE {
        for (name, options) in OPTIONS {
            let output = expand(name, options[0], &tokens(item)).to_string();
            assert!(output.contains("compile_error"), "{name}: {output}");
        }
    }
}

fn for_all_options(item: &str, expected: impl Fn(TokenStream) -> Vec<Placed>) {
    let item = tokens(item);
    let expected = expected(item.clone());
    for (name, each) in OPTIONS {
        for options in *each {
            let output = flat(expand(name, options, &item), false);
            let first = output.get(..expected.len()).unwrap_or(&output);
            let differs = first.iter().zip(&expected).find(|(is, should)| is != should);
            assert_eq!(differs, None, "`{name}({options})` of {item}");
            assert_eq!(first.len(), expected.len(), "`{name}({options})` of {item}");
        }
    }
}

fn tokens(text: &str) -> TokenStream {
    text.parse().expect("tokens")
}

fn expand(name: &str, options: &str, item: &TokenStream) -> TokenStream {
    let (_, expand) = MACROS.iter().find(|(known, _)| *known == name).expect("one of the macros");
    expand(tokens(options), item)
}

/// All tokens through all groups, with or without `#[handles(..)]`.
fn flat(tokens: TokenStream, without_handles: bool) -> Vec<Placed> {
    let (mut all, mut tokens) = (Vec::new(), tokens.into_iter().peekable());
    while let Some(token) = tokens.next() {
        match (&token, tokens.peek()) {
            (TokenTree::Punct(mark), Some(TokenTree::Group(group)))
                if without_handles && mark.as_char() == '#' && is_handles(group.stream()) =>
            {
                tokens.next();
            }
            (TokenTree::Group(group), _) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                all.push((open.to_owned(), group.span_open().byte_range()));
                all.extend(flat(group.stream(), without_handles));
                all.push((close.to_owned(), group.span_close().byte_range()));
            }
            _ => all.push((token.to_string(), token.span().byte_range())),
        }
    }
    all
}

/// `handles`, `es_core::handles(…)`: the name is the last before the arguments.
fn is_handles(attribute: TokenStream) -> bool {
    let path = attribute.into_iter().take_while(|token| !matches!(token, TokenTree::Group(_)));
    path.last().is_some_and(|token| token.to_string() == "handles")
}
